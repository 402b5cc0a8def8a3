import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
import { severityRank } from '../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { AlarmService } from '../alarms/alarm-service.ts';

/** The alarm axis of a point (DESIGN section 7). `unknown`: no rule judges it, which nobody may read as "normal". */
export const ALARM_STATES = ['unknown', 'normal', 'warning'] as const;

/** Where a point or a station is on the alarm axis. */
export interface AlarmState {
  readonly alarm: (typeof ALARM_STATES)[number];
  /** The highest of the warnings in force; null where there is none. */
  readonly severity: WarningSeverity | null;
}

/** Answers for a datastream, `station/property[.instance]`. */
export type AlarmAxis = (subject: string) => AlarmState;

const UNKNOWN: AlarmState = { alarm: 'unknown', severity: null };
const NORMAL: AlarmState = { alarm: 'normal', severity: null };
const WARNING: Readonly<Record<WarningSeverity, AlarmState>> = {
  blue: { alarm: 'warning', severity: 'blue' },
  yellow: { alarm: 'warning', severity: 'yellow' },
  orange: { alarm: 'warning', severity: 'orange' },
  red: { alarm: 'warning', severity: 'red' },
};

/** The alarm axis of this moment: equal states are one object. */
export function alarmAxis(alarms: Pick<AlarmService, 'board' | 'judged'>): AlarmAxis {
  const warnings = highestBySubject(alarms.board().values());
  const judged = alarms.judged();
  return subject => {
    const severity = warnings.get(subject);
    if (severity !== undefined) return WARNING[severity];
    return judged.has(subject) ? NORMAL : UNKNOWN;
  };
}

function highestBySubject(records: Iterable<EpisodeRecord>): ReadonlyMap<string, WarningSeverity> {
  const highest = new Map<string, WarningSeverity>();
  for (const { episode } of records) {
    const known = highest.get(episode.subject);
    if (known !== undefined && severityRank(known) >= severityRank(episode.severity)) continue;
    highest.set(episode.subject, episode.severity);
  }
  return highest;
}

/** A station warns where one of its points does; it is normal where at least one of them is judged. */
export function worstAlarmState(states: readonly AlarmState[]): AlarmState {
  return states.reduce((worst, state) => (rank(state) > rank(worst) ? state : worst), UNKNOWN);
}

function rank({ alarm, severity }: AlarmState): number {
  if (severity !== null) return 2 + severityRank(severity);
  return alarm === 'normal' ? 1 : 0;
}
