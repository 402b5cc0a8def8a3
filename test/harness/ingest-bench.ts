import { isThingId } from '../../domain/model/identifier.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { Registry, StationSpec } from '../../domain/model/registry.ts';
import { encodeWatchDecisions } from '../../codecs/watch-decision/codec.ts';
import { CLOCK_DECISION_TOPIC, SERVER_PRINCIPAL, WATCH_DECISION_TOPIC } from '../../domain/model/topic.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type { JournalReader, JournalStream } from '../../domain/ports/journal.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { encodeClockDecision } from '../../ingest/clock-decision.ts';
import type { ClockDecision } from '../../ingest/clock-decision.ts';
import { DatastreamDirectory } from '../../ingest/datastream-directory.ts';
import { DEFAULT_INGEST_LIMITS } from '../../ingest/ingest-limits.ts';
import { reportLedger } from '../../ingest/ledger-report.ts';
import { MessageIntake } from '../../ingest/message-intake.ts';
import { IngestPipeline } from '../../ingest/pipeline.ts';
import type { IngestOptions } from '../../ingest/pipeline.ts';
import { QualityControl } from '../../ingest/quality-control.ts';
import { QuarantineQuota } from '../../ingest/quarantine-quota.ts';
import { StationTrackers } from '../../ingest/station-trackers.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryTelemetryStore } from './memory-telemetry-store.ts';

export const BENCH_NOW = epochMs(1_790_000_000_000);

const BENCH_SERIES = {
  horizonMs: DEFAULT_INGEST_LIMITS.qualityHorizonMs,
  maxReadings: DEFAULT_INGEST_LIMITS.qualityMaxReadings,
};

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

function thingId(text: string): ThingId {
  if (!isThingId(text)) throw new Error(`${text} is no id.`);
  return text;
}

/** A station with a level, rain and two pumps. */
function benchStation(id: string): StationSpec {
  return {
    kind: 'station',
    id: thingId(id),
    name: id,
    datastreams: [
      { property: 'water_level', datum: 'gauge zero', intervalMs: 60_000, sensorSpan: [0, 10] },
      { property: 'rainfall', intervalMs: 60_000 },
      { property: 'pump_running', instance: '1', intervalMs: 60_000 },
      { property: 'pump_running', instance: '2', intervalMs: 60_000 },
    ],
  };
}

export function benchRegistry(...stations: readonly string[]): Registry {
  return { version: 1, things: new Map(stations.map(id => [id, benchStation(id)])) };
}

/** The intake of a worker whose registry has these stations. */
export function benchIntake(...stations: readonly string[]): MessageIntake {
  const directory = new DatastreamDirectory();
  const control = new QualityControl(directory, BENCH_SERIES);
  directory.setRegistry(benchRegistry(...stations));
  control.setRegistry(benchRegistry(...stations));
  return new MessageIntake({
    directory,
    control,
    trackers: new StationTrackers(),
    quota: new QuarantineQuota(DEFAULT_INGEST_LIMITS.quarantineQuotaPerHour),
    liveWindowMs: DEFAULT_INGEST_LIMITS.liveWindowMs,
    splitMs: () => DEFAULT_INGEST_LIMITS.liveWindowMs,
    onObservation: () => undefined,
    onRequalified: () => undefined,
    onSideMessage: () => undefined,
  });
}

/** A message as a test writes it; what is absent is the station's level a second ago, just sent and received. */
export interface BenchMessage {
  readonly station?: string;
  readonly obs?: readonly unknown[];
  readonly seq?: number;
  readonly sent?: number;
  readonly received?: EpochMs;
  readonly stream?: JournalStream;
  readonly channel?: string;
  readonly principal?: string;
  /** The whole payload instead. */
  readonly payload?: string;
}

/** A journal and a store in memory with an ingest pipeline between them that can be killed and started again. */
export class IngestBench {
  readonly clock = new ManualClock(BENCH_NOW);
  readonly journal = new MemoryJournal();
  readonly decisions: ClockDecision[] = [];
  readonly failures: unknown[] = [];
  store = new MemoryTelemetryStore();
  pipeline: IngestPipeline;
  /** Turns of the event loop that the backlog lane has given to others. */
  turnsGiven = 0;
  #options: Partial<IngestOptions>;
  #life = { isOver: false };
  /** Set to false to keep decisions about the clock from the journal. */
  isJournallingDecisions = true;

  constructor(options: Partial<IngestOptions> = {}) {
    this.#options = options;
    this.pipeline = this.#create();
  }

  /** A bench whose pipeline runs. */
  static async started(options: Partial<IngestOptions> = {}): Promise<IngestBench> {
    const bench = new IngestBench(options);
    await bench.pipeline.start();
    return bench;
  }

  send(message: BenchMessage = {}): Promise<void> {
    const { station = 'S-1', stream = 'live', received = this.clock.now(), seq } = message;
    const { channel = stream === 'live' ? 'obs' : 'backlog', principal = station, sent = received } = message;
    const { obs = [{ p: 'water_level', t: received - 1_000, v: 1 }] } = message;
    const body = message.payload ?? JSON.stringify({ ...(seq === undefined ? {} : { seq }), sent, obs });
    return this.#append(stream, `ww/v1/${station}/${channel}`, { received, principal, body });
  }

  /** Resolves when everything journalled is taken and, while the store works, durable. */
  async settle(): Promise<void> {
    await this.journal.committed();
    const isQuiet = async (): Promise<boolean> => {
      const { taken } = this.pipeline.status();
      const live = await this.journal.read('live', taken.live, 1);
      const backlog = await this.journal.read('backlog', taken.backlog, 1);
      const isIdle =
        live.length === 0 && backlog.length === 0 && this.pipeline.status().staleDatastreams === 0;
      return isIdle && (await this.store.staged()) === 0;
    };
    for (let quiet = 0; quiet < 5;) {
      quiet = (await isQuiet()) ? quiet + 1 : 0;
      if (this.failures.length > 0) return;
      await turn();
    }
  }

  /** The death of the process: what is not durable is gone. The new pipeline is not started. */
  kill(options: Partial<IngestOptions> = {}): void {
    this.store = this.store.reopened();
    this.#life.isOver = true;
    this.#life = { isOver: false };
    this.#options = { ...this.#options, ...options };
    this.pipeline = this.#create();
  }

  ledger(station?: string): Promise<Ledger> {
    return reportLedger(
      { store: this.store, reader: this.journal },
      [],
      station === undefined ? undefined : [station],
    );
  }

  /** Advances the clock in the pipeline's polling steps, so that everything between may run. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      this.clock.advance(500);
      await turn();
      await turn();
    }
    await this.settle();
  }

  #create(): IngestPipeline {
    const { clock, store } = this;
    const life = this.#life;
    return new IngestPipeline({
      clock,
      log: SILENT_LOG,
      store,
      registry: benchRegistry('S-1', 'S-2', 'S-3'),
      nextTurn: () => {
        this.turnsGiven += 1;
        return turn();
      },
      onClockDecision: decision => (life.isOver ? undefined : this.#decided(decision)),
      onFailure: error => this.failures.push(error),
      ...this.#options,
      reader: mortalReader(this.#options.reader ?? this.journal, life),
    });
  }

  #decided(decision: ClockDecision): void {
    this.decisions.push(decision);
    if (this.isJournallingDecisions) void this.journalDecision(decision);
  }

  /** Journals a decision as the server does. */
  journalDecision(decision: ClockDecision): Promise<void> {
    const body = new TextDecoder().decode(encodeClockDecision(decision));
    const received = this.clock.now();
    return this.#append('live', CLOCK_DECISION_TOPIC, { received, principal: SERVER_PRINCIPAL, body });
  }

  /** Journals decisions of the watch as the server does, or as somebody else would. */
  async journalWatchDecisions(
    decisions: readonly WatchDecision[],
    principal: string = SERVER_PRINCIPAL,
  ): Promise<void> {
    for (const payload of encodeWatchDecisions(decisions)) {
      const body = new TextDecoder().decode(payload);
      await this.#append('live', WATCH_DECISION_TOPIC, { received: this.clock.now(), principal, body });
    }
  }

  #append(
    stream: JournalStream,
    topic: string,
    { received, principal, body }: { received: EpochMs; principal: string; body: string },
  ): Promise<void> {
    const payload = new TextEncoder().encode(body);
    return new Promise((resolve, reject) => {
      this.journal.append(stream, { received, principal, topic, qos: 1, payload }, error =>
        error === undefined ? resolve() : reject(error),
      );
    });
  }
}

/** A reader that does what the journal does except where told otherwise. */
export function readerWith(base: JournalReader, parts: Partial<JournalReader>): JournalReader {
  return {
    read: (stream, after, maxBytes) => base.read(stream, after, maxBytes),
    move: entries => base.move(entries),
    advance: (consumer, cursors) => base.advance(consumer, cursors),
    account: cursors => base.account(cursors),
    onCommitted: listener => base.onCommitted(listener),
    ...parts,
  };
}

/** A reader that never answers again once the life of its process is over. */
function mortalReader(reader: JournalReader, life: { readonly isOver: boolean }): JournalReader {
  const answer = async <T>(ask: () => Promise<T>): Promise<T> => {
    const answered = life.isOver ? undefined : await ask();
    return answered === undefined || life.isOver ? new Promise<T>(() => undefined) : answered;
  };
  const done = async (ask: () => Promise<void>) => {
    await answer(async () => {
      await ask();
      return true;
    });
  };
  return {
    read: (stream, after, maxBytes) => answer(() => reader.read(stream, after, maxBytes)),
    move: entries => done(() => reader.move(entries)),
    advance: (consumer, cursors) => done(() => reader.advance(consumer, cursors)),
    account: cursors => answer(() => reader.account(cursors)),
    onCommitted: listener => reader.onCommitted(listener),
  };
}

/** What a store holds, with datastreams by name and without the numbers that depend on arrival. */
export async function storedContent(store: TelemetryStore) {
  const { datastreams } = await store.resume();
  const window = { from: epochMs(0), to: epochMs(9e12), limit: 1_000_000 };
  const observations: string[] = [];
  const corrections: string[] = [];
  for (const { id, station, property, instance } of datastreams) {
    const name = `${station}/${property}.${instance ?? ''}`;
    for (const { datastream: _, ...rest } of await store.range({ ...window, datastream: id })) {
      observations.push(JSON.stringify({ name, ...rest }));
    }
    for (const { datastream: _, ...rest } of await store.corrections({ ...window, datastream: id })) {
      corrections.push(JSON.stringify({ name, ...rest }));
    }
  }
  return { observations: observations.sort(), corrections: corrections.sort() };
}
