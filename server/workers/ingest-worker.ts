import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { messageOf } from '../../domain/errors.ts';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import type { Registry } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { reportLedger } from '../../ingest/ledger-report.ts';
import { IngestPipeline } from '../../ingest/pipeline.ts';
import type { IngestMark } from '../../ingest/pipeline.ts';
import { createTelemetryStore } from '../../storage/duckdb/telemetry-store.ts';
import { createEpisodeStore } from '../../storage/sqlite/episodes-port.ts';
import { createJournalReader } from '../../storage/sqlite/journal-reader.ts';
import { sendEvent, serveCalls } from '../../storage/thread/remote.ts';
import type { BasisEntry } from '../../watch/basis-book.ts';
import { DEFAULT_WATCH_LIMITS } from '../../watch/watch-limits.ts';
import { Watch } from '../../watch/watch.ts';
import { createLogger } from '../logger.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import type { IngestWorkerData } from './ingest-thread.ts';

/** Runs the ingest pipeline in this thread and answers the main thread's questions about it. */
function serve(main: MessagePort, data: IngestWorkerData): void {
  const clock = SYSTEM_CLOCK;
  const write = (line: string): void => void process.stderr.write(line);
  const log = createLogger({ level: data.logLevel, now: () => clock.now(), write });
  const reader = createJournalReader(data.journal);
  const store = createTelemetryStore(data.store);
  const episodes = createEpisodeStore(data.episodes);
  const onFailure = (error: unknown): void => sendEvent(main, 'failure', { message: messageOf(error) });
  const watch = new Watch({
    clock,
    log,
    store: episodes,
    reader: store,
    limits: DEFAULT_WATCH_LIMITS,
    nextTurn: () => nextTurn(),
    onDecisions: decisions => sendEvent(main, 'watchDecisions', decisions),
    onDurable: ({ changes }) => {
      if (changes.length > 0) sendEvent(main, 'episodes', changedIds(changes));
    },
    onWatched: points => sendEvent(main, 'watched', points),
    onFailure,
  });
  const pipeline = new IngestPipeline({
    clock,
    log,
    reader,
    store,
    registry: data.registry,
    limits: data.limits,
    ...(data.quality === undefined ? {} : { quality: data.quality }),
    nextTurn: () => nextTurn(),
    onClockDecision: decision => sendEvent(main, 'clockDecision', decision),
    onFailure,
    onWatchDecisions: decisions => watch.decide(decisions),
    settledBefore: () => watch.settledBefore(),
  });
  pipeline.subscribe(observation => watch.observe(observation));
  serveCalls(main, {
    start: async () => {
      await watch.resume(data.basis);
      await pipeline.start();
      watch.run(pipeline);
    },
    setRegistry: (registry: Registry) => pipeline.setRegistry(registry),
    setBasis: (entry: BasisEntry) => watch.setBasis(entry),
    setDeaf: (isDeaf: boolean) => watch.setDeaf(isDeaf),
    wasAway: (from: EpochMs) => watch.wasAway(from),
    why: (id: string) => watch.explanations.why(id),
    whyPoint: ({ subject, at }: { subject: string; at: EpochMs }) => watch.explanations.point(subject, at),
    watchedDay: ({ subjects, day }: { subjects: readonly string[]; day: EpochMs }) =>
      watch.explanations.watched(subjects, day),
    explainQuality: ({ datastream, t }: { datastream: number; t: EpochMs }) =>
      pipeline.explainQuality(datastream, t),
    watchStatus: () => watch.status(),
    latest: () => pipeline.latest(),
    datastreams: (start: number) => pipeline.datastreams(start),
    tracks: () => pipeline.tracks(),
    status: () => pipeline.status(),
    changesSince: (mark: IngestMark) => pipeline.changesSince(mark),
    ledger: ({ stations }: { stations?: readonly string[] }) => reportLedger({ store, reader }, [], stations),
    replayQuarantine: (filter: { station?: string; reason?: QuarantineReason }) =>
      pipeline.replayQuarantine(filter),
    stop: async () => {
      try {
        await pipeline.stop();
        await watch.stop();
      } finally {
        // The thread ends by itself after this answer has left.
        setImmediate(() => {
          reader.close();
          store.close();
          episodes.close();
          main.unref();
        });
      }
    },
  });
}

/** Of the episodes that changes leave otherwise; where one was merged, both. */
function changedIds(changes: readonly EpisodeChange[]): readonly string[] {
  return [
    ...new Set(
      changes.flatMap(change => (change.kind === 'merged' ? [change.id, change.into] : [change.id])),
    ),
  ];
}

if (parentPort !== null) serve(parentPort, workerData as IngestWorkerData);
