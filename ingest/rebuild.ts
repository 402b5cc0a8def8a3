import { JOURNAL_STREAMS } from '../domain/ports/journal.ts';
import type { ArrivalLog, Cursors } from '../domain/ports/journal.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { Registry } from '../domain/model/registry.ts';
import { stationOf } from '../domain/model/topic.ts';
import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import { BatchBuilder } from './batch-builder.ts';
import { clockDecisionOf, isCovered } from './clock-decision.ts';
import type { ClockDecision } from './clock-decision.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { laneOf } from './held-messages.ts';
import { MessageIntake } from './message-intake.ts';
import { DEFAULT_INGEST_LIMITS } from './ingest-limits.ts';
import type { IngestLimits } from './ingest-limits.ts';
import { QualityControl } from './quality-control.ts';
import { QuarantineQuota } from './quarantine-quota.ts';
import { Requalifier } from './requalifier.ts';
import { StationTrackers } from './station-trackers.ts';
import { watchDecisionsOf } from './watch-decision.ts';

export interface RebuildOptions {
  readonly log: ArrivalLog;
  /** An empty store. */
  readonly store: TelemetryStore;
  readonly registry: Registry;
  /** Where the new store's readers go on: past everything the arrival log holds. */
  readonly cursors: Cursors;
  readonly limits?: Partial<IngestLimits>;
  /** Quality parameters of the district, over the defaults. */
  readonly quality?: QualityParameterFile;
  readonly onProgress?: (messages: number) => void;
}

const BATCH_READINGS = 10_000;
const BATCH_MESSAGES = 2_000;

/**
 * Makes the store anew from every message ever journalled. Lanes do not matter to the content: the winner order, the
 * duplicates and the corrections are functions of the set of readings, and the clock decisions stand in the log. They
 * are looked for first, so that every message can be decided where it stands and none has to be held.
 */
export async function rebuildStore(options: RebuildOptions): Promise<{ messages: number }> {
  const limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits };
  const directory = new DatastreamDirectory();
  const trackers = new StationTrackers();
  const { qualityHorizonMs: horizonMs, qualityMaxReadings: maxReadings } = limits;
  const control = new QualityControl(directory, { horizonMs, maxReadings }, options.quality);
  directory.setRegistry(options.registry);
  control.setRegistry(options.registry);
  const intake = new MessageIntake({
    directory,
    trackers,
    control,
    quota: new QuarantineQuota(limits.quarantineQuotaPerHour),
    liveWindowMs: limits.liveWindowMs,
    splitMs: () => limits.liveWindowMs,
    onObservation: () => undefined,
    onRequalified: () => undefined,
    onSideMessage: () => undefined,
  });
  const decisions = await clockDecisions(options.log);
  const builder = new BatchBuilder();
  let messages = 0;
  const write = async (cursors: Partial<Cursors>): Promise<void> => {
    const newDatastreams = directory.takeUnannounced();
    const stationStates = trackers.takeChanged();
    await options.store.append(control.close(builder, { cursors, newDatastreams, stationStates }));
    options.onProgress?.(messages);
  };
  for (const stream of JOURNAL_STREAMS) {
    for await (const entry of options.log.messages(stream)) {
      messages += 1;
      if (clockDecisionOf(entry) === undefined && watchDecisionsOf(entry) === undefined) {
        const place = { lane: laneOf(entry.topic), position: entry.position };
        const decision = decisions.find(each => isCovered(each, place));
        // A correction is for what was held, and only what looks like the future by the recorded time was.
        const correctionMs =
          decision !== undefined && intake.looksFuture(entry) === true ? decision.correctionMs : 0;
        intake.take(entry, { part: 'whole', future: 'decide', correctionMs }, builder);
      } else {
        builder.count(stationOf(entry.topic), 'messagesDecoded');
      }
      if (builder.readingCount >= BATCH_READINGS || messages % BATCH_MESSAGES === 0) await write({});
    }
  }
  await write({});
  // Lane after lane most of the backlog is beyond the horizon here, whatever it was when it came.
  await requalify(control, options.store);
  await write(options.cursors);
  await options.store.flush();
  return { messages };
}

async function requalify(control: QualityControl, store: TelemetryStore): Promise<void> {
  const requalifier = new Requalifier({
    store,
    control,
    offered: () => Promise.resolve(),
    write: (builder, stationStates) =>
      store.append(control.close(builder, { cursors: {}, newDatastreams: [], stationStates })),
    onRequalified: () => undefined,
    giveWay: () => Promise.resolve(),
  });
  await requalifier.finish();
}

async function clockDecisions(log: ArrivalLog): Promise<readonly ClockDecision[]> {
  const decisions: ClockDecision[] = [];
  for await (const entry of log.messages('live')) {
    const decision = clockDecisionOf(entry);
    if (decision !== undefined) decisions.push(decision);
  }
  return decisions;
}
