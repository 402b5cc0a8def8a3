import { WARNING_SEVERITIES, severityRank } from '../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { Alarm } from './alarm-wire.ts';

/** Highest severity first, then the newest; equal ones by id, so that each keeps its place. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return severityRank(b.severity) - severityRank(a.severity) || b.begin - a.begin || (a.id < b.id ? -1 : 1);
}

/** How many alarms there are of each severity, the highest first. */
export function countBySeverity(
  alarms: Iterable<Alarm>,
): readonly (readonly [severity: WarningSeverity, count: number])[] {
  const counts = new Map<WarningSeverity, number>();
  for (const { severity } of alarms) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return WARNING_SEVERITIES.toReversed().map(severity => [severity, counts.get(severity) ?? 0]);
}

/** The most urgent alarm of each station. */
export function urgentByStation(alarms: Iterable<Alarm>): ReadonlyMap<string, Alarm> {
  const urgent = new Map<string, Alarm>();
  for (const alarm of [...alarms].sort(byUrgency)) {
    if (!urgent.has(alarm.station)) urgent.set(alarm.station, alarm);
  }
  return urgent;
}

/** Which warnings the list shows; an empty text does not narrow it. */
export interface AlarmQuery {
  readonly severity: WarningSeverity | '';
  readonly basin: string;
}

export const EVERY_ALARM: AlarmQuery = { severity: '', basin: '' };

/** The alarms that match, in the order of their urgency. */
export function selectAlarms(alarms: Iterable<Alarm>, { severity, basin }: AlarmQuery): readonly Alarm[] {
  return [...alarms]
    .filter(alarm => severity === '' || alarm.severity === severity)
    .filter(alarm => basin === '' || alarm.basin === basin)
    .sort(byUrgency);
}
