import type { EpochMs } from '../time/instant.ts';

/** Where a snapshot was put. This, not the picture, is what the journal holds. */
export interface SnapshotReference {
  /** Relative to the snapshot folder; made from gateway, channel, time and hash, so that it is unique. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Keeps the pictures of video gateways. `save` resolves only when file and folder entry are on stable storage. */
export interface SnapshotFiles {
  save(picture: {
    readonly gateway: string;
    readonly channel: string;
    readonly received: EpochMs;
    readonly bytes: Uint8Array;
  }): Promise<SnapshotReference>;
}
