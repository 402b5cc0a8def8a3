import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { districtOf } from '../../domain/model/district.ts';
import type { DistrictPart } from '../../domain/model/district.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { QualityFlag, SourceRank } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { OwnOutage, SilenceDecision } from '../../domain/model/watch-decision.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { EpisodeStore } from '../../domain/ports/episode-store.ts';
import { compileRules } from '../../rules/compile-rules.ts';
import type { CompiledRules } from '../../rules/compile-rules.ts';
import type { RuleBinding } from '../../rules/fold-context.ts';
import { RuleTrack } from '../../rules/rule-track.ts';
import type { Reading, Sample } from '../../rules/sample.ts';
import { parseRuleSet } from '../../rules/schema.ts';
import { loadSite } from '../../server/site/load-site.ts';
import { explainAlarm } from '../../watch/explain-alarm.ts';
import { Explanations } from '../../watch/explanations.ts';
import { TrackPast } from '../../watch/track-past.ts';
import { TrackTable } from '../../watch/track-table.ts';
import { FakeAlarms } from './fake-alarms.ts';
import { FakeApplication, observation } from './fake-application.ts';

const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);
/** 21:40 of an evening in June, Asia/Shanghai. */
const EVENING = Date.parse('2026-06-01T21:40:00+08:00');

/** The subjects of the evening, each with a story of its own. */
export const STORY = {
  /** Rises live through blue and yellow; what comes next is up to the test. */
  rising: 'LG-RV-001/water_level',
  /** Reached red, then its sensor fell silent. */
  drowned: 'LG-PD-001/ponding_depth',
  /** Late readings have shown it over; no live one has. */
  unconfirmed: 'LG-PD-002/ponding_depth',
  /** Found hours later from readings that were buffered. */
  retroactive: 'LG-RV-002/water_level',
  /** A corrected reading showed that it never was. */
  withdrawn: 'LG-PD-003/ponding_depth',
  /** Came and went, all of it live. */
  over: 'LG-PD-005/ponding_depth',
  /** Only suspect readings met the limit, and we ourselves were away for a while. */
  doubtful: 'LG-PD-004/ponding_depth',
} as const;

/** Kinds of parts that are things of the registry and no part of the district. */
const THINGS: ReadonlySet<string> = new Set(['station', 'gateway', 'subscriber']);

interface SeriesOf extends Pick<ReadingOf, 'lateMin' | 'quality'> {
  readonly from: number;
  readonly every?: number;
}

interface ReadingOf {
  /** Of its time, from the evening on. */
  readonly minute: number;
  readonly v: number;
  readonly lateMin?: number;
  readonly quality?: QualityFlag;
  readonly source?: SourceRank;
}

/** The demo district with the rules it starts with, on a stormy evening, without a server's threads behind it. */
export class StormEvening {
  readonly application = new FakeApplication();
  readonly alarms = new FakeAlarms();
  readonly #compiled: CompiledRules;
  readonly #tracks = new Map<string, Track>();
  readonly #decisions: (SilenceDecision | OwnOutage)[] = [];
  /** By input; what was corrected stands as it is now. */
  readonly #readings = new Map<string, readonly Reading[]>();

  static async begin(): Promise<StormEvening> {
    const path = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
    const outcome = parseRuleSet(parse(readFileSync(path('rules/default.yaml'), 'utf8')));
    if (!outcome.ok) throw new Error(outcome.problems.join('; '));
    const { parts } = await loadSite(path('demo'));
    const stations = parts.filter((part): part is StationSpec => part.kind === 'station');
    const registry = { version: 1, things: new Map(stations.map(station => [station.id, station])) };
    const compiled = compileRules(outcome.ruleSet, { registry, district: districtOf(parts) });
    const evening = new StormEvening(compiled);
    for (const { id, kind, name, nameEn, source, reference } of outcome.ruleSet.rules) {
      evening.alarms.ruleBook.set(id, { id, kind, name, nameEn, source, reference });
    }
    const { application } = evening;
    application.districtParts = parts.filter((part): part is DistrictPart => !THINGS.has(part.kind));
    for (const station of stations) evening.#settle(station);
    evening.#tell();
    return evening;
  }

  private constructor(compiled: CompiledRules) {
    this.#compiled = compiled;
    this.alarms.judge(...compiled.planned.map(({ subject }) => subject));
    this.alarms.lack(...compiled.gaps);
    this.application.alarms = this.alarms;
    this.application.nowMs = EVENING;
    const explanations = this.#explanations();
    this.alarms.whyPoint = (subject, at) => explanations.point(subject, at);
    this.alarms.watchedDay = (subjects, day) => explanations.watched(subjects, day);
  }

  /** Stores what was read of a subject: its curve has something to show. */
  store(subject: string): void {
    this.application.datastreams.set(subject, 1);
    this.application.rows = (this.#readings.get(subject) ?? [])
      .map(({ t, v, quality, received }) => observation({ t, v, quality, received }))
      .toSorted((a, b) => a.t - b.t);
  }

  /** A reading of a subject, minutes after the evening began, and the warnings it leads to. */
  read(subject: string, reading: ReadingOf): void {
    this.#offer(subject, readingOf(subject, reading));
  }

  /** Registers a station with a last value of each point, on line. */
  #settle(station: StationSpec): void {
    const { things, health, latestValues } = this.application;
    things.set(station.id, station);
    health.set(station.id, {
      connected: true,
      connectedSince: epochMs(EVENING - DAY_MS),
      lastReceived: epochMs(EVENING - 20 * SECOND_MS),
    });
    for (const { property, instance, thresholds } of station.datastreams) {
      const v = thresholds?.patrol ?? (property === 'ponding_depth' ? 0.01 : 12.6);
      latestValues.push({
        station: station.id,
        property,
        ...(instance === undefined ? {} : { instance }),
        observation: observation({ t: epochMs(EVENING - 40 * SECOND_MS), v }),
      });
    }
  }

  #tell(): void {
    const { rising, drowned, unconfirmed, retroactive, withdrawn, doubtful, over } = STORY;
    const stage = [26.9, 27, 27.4, 27.5, 27.5, 27.3, 27, 26.8, ...Array<number>(10).fill(26.6)];
    this.#readAll(retroactive, { from: -300, every: 5, lateMin: 190 }, stage);
    this.#readAll(withdrawn, { from: -200 }, [0.01, 0.31, 0.02]);
    this.#correct(withdrawn, { minute: -199, v: 0.02, lateMin: 49 });
    this.#readAll(withdrawn, { from: -149 }, Array<number>(14).fill(0.01));
    this.#readAll(over, { from: -140 }, [0.02, 0.16, 0.16, 0.1, ...Array<number>(14).fill(0.01)]);
    this.#readAll(unconfirmed, { from: -120 }, [0.02, 0.06, 0.17, 0.18, 0.17]);
    this.#readAll(unconfirmed, { from: -115, lateMin: 40 }, [0.05, ...Array<number>(14).fill(0.01)]);
    this.#decide(doubtful, { kind: 'outage', from: minuteOf(-50), t: minuteOf(-46) });
    this.#readAll(doubtful, { from: -45, quality: QUALITY.suspect }, [0.02, 0.04, 0.05, 0.06]);
    this.#readAll(drowned, { from: -24 }, [0.02, 0.08, 0.19, 0.29, 0.38, 0.42, 0.47]);
    this.#decide(drowned, { kind: 'silence', input: drowned, t: minuteOf(-9), since: minuteOf(-18) });
    this.#readAll(rising, { from: -30 }, [34.7, 35.1, 35.4, 35.5, 35.6, 35.7, 35.8, 35.85, 35.9]);
    this.#readAll(rising, { from: -3 }, [36.3, 36.5]);
  }

  #readAll(subject: string, { from, every = 1, ...rest }: SeriesOf, values: readonly number[]): void {
    for (const [index, v] of values.entries())
      this.read(subject, { minute: from + index * every, v, ...rest });
  }

  /** A person corrects a reading. */
  #correct(subject: string, reading: ReadingOf): void {
    this.#offer(subject, readingOf(subject, { ...reading, source: SOURCE_RANK.operator }));
  }

  #decide(subject: string, decision: SilenceDecision | OwnOutage): void {
    this.#decisions.push(decision);
    this.#offer(subject, decision);
  }

  #offer(subject: string, sample: Reading | SilenceDecision | OwnOutage): void {
    const knownAt = sample.kind === 'reading' ? sample.received : sample.t;
    if (sample.kind === 'reading') {
      const others = this.#readings.get(subject)?.filter(({ t }) => t !== sample.t) ?? [];
      this.#readings.set(subject, [...others, sample]);
    }
    for (const { rule, plan } of this.#compiled.planned.filter(planned => planned.subject === subject)) {
      const key = `${rule} ${subject}`;
      let track = this.#tracks.get(key);
      if (track === undefined) this.#tracks.set(key, (track = new Track(bindingOf(rule, subject, plan))));
      for (const change of track.offer(sample)) this.alarms.tell(change, knownAt);
      for (const id of track.ids) void this.#explain(id, track);
    }
    if (sample.kind === 'reading') this.#showLatest(subject, sample);
  }

  /** Answers from what was offered as the watch would from its stores. */
  #explanations(): Explanations {
    const table = new TrackTable();
    table.set(this.#compiled.planned.map(({ rule, subject, plan }) => bindingOf(rule, subject, plan)));
    const decisions: EpisodeStore['decisions'] = async ({ from, to, inputs }) =>
      this.#decisions.filter(
        decision =>
          decision.t >= from &&
          decision.t < to &&
          (decision.kind === 'outage' || inputs === undefined || inputs.includes(decision.input)),
      );
    const readings = async (spans: ReadonlyMap<string, EpochMs>, upTo = EVER) =>
      new Map(
        [...spans].map(([input, from]) => {
          const known = this.#readings.get(input) ?? [];
          return [input, known.filter(({ t }) => t >= from && t <= upTo)] as const;
        }),
      );
    const remembered: EpisodeStore['remembered'] = async ({ track }) =>
      (await this.alarms.list({ limit: 1_000 })).filter(
        ({ episode: { rule, subject } }) =>
          track === undefined || (rule === track.rule && subject === track.subject),
      );
    return new Explanations({
      clock: {
        now: () => epochMs(this.application.nowMs),
        monotonicMs: () => 0,
        after: () => () => undefined,
      },
      store: {
        episode: id => this.alarms.find(id),
        changes: async query => ('id' in query ? await this.alarms.changes(query.id) : []),
        decisions,
      },
      table,
      past: new TrackPast({ store: { remembered, decisions }, history: { readings } }),
      history: { readings },
      gaps: () => this.#compiled.gaps,
      sliceMs: durationMs(1_000),
      clockCorrectionOf: () => undefined,
      nextTurn: () => Promise.resolve(),
    });
  }

  /** The reasons as they are now; a fake answers them at once. */
  async #explain(id: string, { binding, samples }: Track): Promise<void> {
    const [record, changes] = [await this.alarms.find(id), await this.alarms.changes(id)];
    if (record === undefined) return;
    const readings = samples.filter(sample => sample.kind === 'reading');
    const decisions = samples.filter(sample => sample.kind === 'silence' || sample.kind === 'outage');
    this.alarms.reasons.set(
      id,
      explainAlarm({ record, changes, binding, readings, decisions, clockCorrectionOf: () => undefined }),
    );
  }

  #showLatest(subject: string, { t, v, quality, received }: Reading): void {
    const { latestValues } = this.application;
    const index = latestValues.findIndex(
      value => `${value.station}/${formatDatastreamName(value)}` === subject,
    );
    const known = latestValues[index];
    if (known === undefined || (known.observation.t > t && t > EVENING)) return;
    latestValues[index] = { ...known, observation: observation({ t, v, quality, received }) };
  }
}

function minuteOf(minute: number) {
  return epochMs(EVENING + minute * MINUTE_MS);
}

/** It takes two seconds to arrive, and what it is late. */
function readingOf(input: string, { minute, v, lateMin = 0, ...rest }: ReadingOf): Reading {
  const received = epochMs(minuteOf(minute + lateMin) + 2 * SECOND_MS);
  const said = { quality: QUALITY.good, deviceFlag: NORMAL_FLAG, source: SOURCE_RANK.device, ...rest };
  return {
    kind: 'reading',
    input,
    t: minuteOf(minute),
    v,
    sent: received,
    received,
    position: 40_000 + minute,
    ...said,
  };
}

/** A rule and a subject, with all that was offered to it. */
class Track {
  readonly binding: RuleBinding;
  readonly ids = new Set<string>();
  readonly #track: RuleTrack;
  #samples: readonly Sample[] = [];

  constructor(binding: RuleBinding) {
    this.binding = binding;
    this.#track = new RuleTrack({ binding, horizonMs: DAY_MS, acknowledgedAt: () => undefined });
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  offer(sample: Sample) {
    // A correction takes the place of what it corrects, as in the store.
    const others = this.#samples.filter(({ kind, t }) => kind !== sample.kind || t !== sample.t);
    this.#samples = [...others, sample];
    const { changes } = this.#track.offer([sample]);
    for (const { id } of changes) this.ids.add(id);
    return changes;
  }
}

function bindingOf(rule: string, subject: string, plan: RuleBinding['basis'][number]['plan']): RuleBinding {
  const versions = { ruleSet: 1, registry: 1 };
  return { rule, subject, basis: [{ from: epochMs(0), versions, ...(plan === undefined ? {} : { plan }) }] };
}
