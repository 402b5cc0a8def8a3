import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
import { isInForce } from '../alarms/alarm-service.ts';
import type { WatchingRule } from '../alarms/alarm-service.ts';
import type { Application } from '../application.ts';
import type { AlarmView } from './alarm-schemas.ts';
import { basinsOf } from './station-basin.ts';

/** The station of a subject, `station/property[.instance]`. */
export function stationOf(subject: string): string {
  return subject.slice(0, subject.indexOf('/'));
}

/** What the ids of an alarm are called and where they lie, as known now. */
export interface AlarmNames {
  readonly rules: ReadonlyMap<string, WatchingRule>;
  /** Null where the station belongs to none, or has left the registry. */
  basin(station: string): string | null;
}

export function alarmNames(application: Pick<Application, 'alarms' | 'registry' | 'district'>): AlarmNames {
  const { things } = application.registry();
  const basinOf = basinsOf(application);
  return {
    rules: application.alarms.rules(),
    basin(station) {
      const thing = things.get(station);
      return thing?.kind === 'station' ? basinOf(thing) : null;
    },
  };
}

export function alarmView(record: EpisodeRecord, names: AlarmNames): AlarmView {
  const { id, episode, status, told, into, firstKnownAt, changedAt } = record;
  const { rule, subject, begin, end, ending, severity, currentSeverity, gaps, toVerify, basis } = episode;
  const station = stationOf(subject);
  const named = names.rules.get(rule);
  return {
    id,
    rule,
    ruleName: named?.name ?? null,
    ruleNameEn: named?.nameEn ?? null,
    subject,
    station,
    basin: names.basin(station),
    begin,
    end: end ?? null,
    ending: ending ?? null,
    severity,
    currentSeverity,
    peak: { value: episode.peak.value, t: episode.peak.t },
    steps: episode.steps.map(step => ({ ...step })),
    gaps: gaps === undefined ? null : { ...gaps },
    toVerify,
    retroactive: told === undefined,
    told: told ?? null,
    state: status,
    inForce: isInForce(record),
    into: into ?? null,
    firstKnownAt,
    changedAt,
    basis: { ruleSet: basis.ruleSet, registry: basis.registry },
  };
}
