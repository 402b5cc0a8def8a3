import type { PartKey, RegistryPart } from '../model/district.ts';
import type { EpochMs } from '../time/instant.ts';

/**
 * Where a part comes from: the site folder, which says what is not in it any more, or a single registration, which
 * says nothing of other parts.
 */
export type PartOrigin = 'site' | 'registered';

/** A part to be kept, and the event time from which it holds; never an earlier one than what it takes the place of. */
export interface PutPart {
  readonly part: RegistryPart;
  readonly origin: PartOrigin;
  readonly validFrom: EpochMs;
}

/** A part as the registry keeps it. */
export interface KeptPart extends PutPart {
  /** The registry version that put it. */
  readonly version: number;
}

/** One change of the registry. It becomes one version, whole or not at all. */
export interface RegistryChange {
  readonly appliedAt: EpochMs;
  readonly principal: string;
  /** The event time from which the change holds; parts nobody knew before may hold from an earlier one. */
  readonly validFrom: EpochMs;
  readonly origin: PartOrigin;
  readonly note?: string;
  /** New parts, and parts in place of those with the same key. */
  readonly put: readonly PutPart[];
  readonly retire: readonly PartKey[];
}

/** What is known of a version beside its parts. */
export interface RegistryVersion {
  readonly version: number;
  readonly appliedAt: EpochMs;
  readonly principal: string;
  readonly validFrom: EpochMs;
  readonly origin: PartOrigin;
  readonly note?: string;
  /** Number of parts put and retired. */
  readonly put: number;
  readonly retired: number;
}

/** Which parts: those of a version, those in force at an event time, or where nothing is said the newest. */
export type PartSelection =
  { readonly version: number } | { readonly validAt: EpochMs } | { readonly newest: true };

/**
 * The registry with its history: nothing is overwritten, so that it can be asked what was valid at any event time
 * (DESIGN section 2, promise 3). Things (stations, gateways, subscribers) share one namespace.
 */
export interface RegistryStore {
  /** By kind and id. */
  parts(selection: PartSelection): Promise<readonly KeptPart[]>;
  /** What was there once and is no more. */
  retiredParts(): Promise<readonly PartKey[]>;
  /**
   * Durable before it resolves; answers the new version. Rejects with `conflict`, and nothing of it is kept, where a part
   * would hold from an earlier time than its last change or retirement.
   */
  applyRegistryChange(change: RegistryChange): Promise<RegistryVersion>;
  /** Newest first. */
  registryVersions(limit: number): Promise<readonly RegistryVersion[]>;
}
