import { JOURNAL_STREAMS } from '../domain/ports/journal.ts';
import type { ArrivalLog, Cursors } from '../domain/ports/journal.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { Registry } from '../domain/model/registry.ts';
import { stationOf } from '../domain/model/topic.ts';
import { BatchBuilder } from './batch-builder.ts';
import { clockDecisionOf } from './clock-decision.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { HeldMessages, entryFrom, heldFrom } from './held-messages.ts';
import { MessageIntake } from './message-intake.ts';
import { DEFAULT_INGEST_LIMITS } from './pipeline.ts';
import type { IngestLimits } from './pipeline.ts';
import { QuarantineQuota } from './quarantine-quota.ts';
import { StationTrackers } from './station-trackers.ts';

export interface RebuildOptions {
  readonly log: ArrivalLog;
  /** An empty store. */
  readonly store: TelemetryStore;
  readonly registry: Registry;
  /** Where the new store's readers go on: past everything the arrival log holds. */
  readonly cursors: Cursors;
  readonly limits?: Partial<IngestLimits>;
  readonly onProgress?: (messages: number) => void;
}

const BATCH_READINGS = 10_000;
const BATCH_MESSAGES = 2_000;

/**
 * Makes the store anew from every message ever journalled. Lanes do not matter to the content: the winner order, the
 * duplicates and the corrections are functions of the set of readings, and the clock decisions stand in the log.
 */
export async function rebuildStore(options: RebuildOptions): Promise<{ messages: number }> {
  const limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits };
  const directory = new DatastreamDirectory();
  const trackers = new StationTrackers();
  directory.setRegistry(options.registry);
  const intake = new MessageIntake({
    directory,
    trackers,
    quota: new QuarantineQuota(limits.quarantineQuotaPerHour),
    liveWindowMs: limits.liveWindowMs,
    onObservation: () => undefined,
    onSideMessage: () => undefined,
  });
  const held = new HeldMessages();
  const builder = new BatchBuilder();
  let messages = 0;
  const release = (throughPosition: number, correctionMs: number): void => {
    for (const message of held.takeThrough(throughPosition)) {
      intake.take(entryFrom(message), { part: 'whole', future: 'decide', correctionMs }, builder);
    }
  };
  const write = async (cursors: Partial<Cursors>): Promise<void> => {
    const newDatastreams = directory.takeUnannounced();
    await options.store.append(
      builder.take({ cursors, newDatastreams, stationStates: trackers.takeChanged() }),
    );
    options.onProgress?.(messages);
  };
  for (const stream of JOURNAL_STREAMS) {
    for await (const entry of options.log.messages(stream)) {
      messages += 1;
      const decision = clockDecisionOf(entry);
      if (decision !== undefined) {
        builder.count(stationOf(entry.topic), 'messagesDecoded');
        release(decision.throughPosition, decision.correctionMs);
      } else {
        const outcome = intake.take(entry, { part: 'whole', future: 'hold', correctionMs: 0 }, builder);
        if (outcome.kind === 'future') held.add(heldFrom(entry));
      }
      if (builder.readingCount >= BATCH_READINGS || messages % BATCH_MESSAGES === 0) await write({});
    }
  }
  // No decision came: it was the devices' clocks that were wrong.
  release(Number.POSITIVE_INFINITY, 0);
  await write(options.cursors);
  await options.store.flush();
  return { messages };
}
