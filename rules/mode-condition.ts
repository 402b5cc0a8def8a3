import type { WarningSeverity } from '../domain/model/warning-severity.ts';

/** From one day of the year to another, both within, Asia/Shanghai; over the new year where `to` is before `from`. */
export interface Season {
  /** `MM-DD` */
  readonly from: string;
  readonly to: string;
}

/** When a mode holds: all that is named. */
export interface ModeCondition {
  readonly season?: Season | undefined;
  /** An official signal of the zone of at least this severity is in force. */
  readonly signal?: WarningSeverity | undefined;
}
