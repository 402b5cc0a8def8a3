// What the page reads of the server's answers. A test holds the server's schemas against it.
import type { Ledger } from '../domain/model/ledger.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import type { Alarm } from './alarm/alarm-wire.ts';

/** `unknown`: no rule watches it. Never shown as normal. */
export type AlarmState = 'unknown' | 'normal' | 'warning';
export type DataState = 'good' | 'suspect' | 'blind';
export type ConnectionState = 'connected' | 'disconnected' | 'unknown';

/** Both axes of a point or a station. */
export interface AxisState {
  readonly alarm: AlarmState;
  /** The highest of its warnings in force; null where there is none. */
  readonly severity: WarningSeverity | null;
  readonly data: DataState;
}

/** The last reading of a point. Times are epoch ms, flags are QARTOD's. */
export interface LatestReading {
  readonly t: number;
  readonly v: number | null;
  readonly flag: number;
}

export interface Datastream {
  /** `property` or `property.instance`. */
  readonly name: string;
  readonly property: string;
  readonly instance: string | null;
  readonly unit: string;
  readonly datum: string | null;
  readonly interpolation: 'instantaneous' | 'counter' | 'period_total';
  readonly intervalMs: number;
  /** Absent where none is registered, which is not "safe". */
  readonly thresholds: Readonly<Record<string, number>> | null;
  readonly state: AxisState;
  readonly latest: LatestReading | null;
}

export interface Connection {
  readonly state: ConnectionState;
  readonly since: number | null;
  readonly lastReceived: number | null;
}

export interface Station {
  readonly id: string;
  readonly name: string;
  readonly nameEn: string | null;
  readonly basin: string | null;
  readonly simulated: boolean;
  readonly state: AxisState;
  readonly connection: Connection;
  readonly datastreams: readonly Datastream[];
}

/** How far ingest is behind. */
export interface Ingest {
  readonly clockTrust: 'trusted' | 'watching' | 'suspect';
  readonly held: number;
  readonly outstandingReadings: number;
  readonly oldestUnstoredMs: number;
  readonly lagBatches: { readonly live: number; readonly backlog: number };
  readonly latency: { readonly count: number; readonly p50: number; readonly p99: number };
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** Data of the event `state`. Null: the role may not read it. */
export interface StreamState {
  readonly now: number;
  readonly stations: readonly Station[];
  /** The warnings in force, in no order. */
  readonly alarms: readonly Alarm[];
  readonly ledger: Ledger | null;
  readonly ingest: Ingest;
  readonly readiness: Readiness | null;
}

/** Data of the event `delta`: what has changed; an absent member has not. */
export interface StreamDelta {
  readonly now: number;
  readonly stations: readonly Pick<Station, 'id' | 'state' | 'connection'>[];
  readonly points: readonly {
    readonly station: string;
    readonly name: string;
    /** Null, like `flag`, where the point has no reading yet. */
    readonly t: number | null;
    readonly v: number | null;
    readonly flag: number | null;
    readonly state: AxisState;
  }[];
  /** Warnings that came into force or have changed. */
  readonly alarms: readonly Alarm[];
  /** Ids of those that are no longer in force. */
  readonly alarmsGone: readonly string[];
  readonly ledger?: Ledger | null | undefined;
  readonly ingest: Ingest;
  readonly readiness?: Readiness | null | undefined;
}

/** Who has logged in; a program with a token has no name. */
export interface SessionInfo {
  readonly user: string | null;
  readonly displayName: string | null;
  readonly role: string;
  readonly organisation: string;
}

/** A stored reading. */
export interface ObservationRow {
  readonly t: number;
  readonly v: number | null;
  readonly flag: number;
}

/** A stored bucket; `t` is its start. */
export interface BucketRow {
  readonly t: number;
  readonly min?: number | null | undefined;
  readonly max?: number | null | undefined;
  readonly mean?: number | null | undefined;
  readonly sum?: number | null | undefined;
}

/** What the district and its basins are called. */
export interface DistrictNames {
  readonly name: string | null;
  readonly nameEn: string | null;
  readonly basins: readonly { readonly id: string; readonly name: string; readonly nameEn: string | null }[];
}
