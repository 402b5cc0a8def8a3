import type { QuarantineReason } from '../domain/model/ledger.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { QuarantineRow, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { BatchBuilder } from './batch-builder.ts';
import { WHOLE_MESSAGE } from './message-intake.ts';
import type { MessageIntake } from './message-intake.ts';

export interface QuarantineReplayResult {
  readonly tried: number;
  readonly released: number;
  readonly stillQuarantined: number;
}

export interface QuarantineReplayOptions {
  readonly store: TelemetryStore;
  readonly intake: MessageIntake;
  readonly write: (builder: BatchBuilder) => Promise<void>;
  /** The replay ends early, between two pages, once this is true. */
  readonly isStopping: () => boolean;
}

const PAGE = 500;

/**
 * Offers quarantined items to the intake once more. What can be read now leaves quarantine in the same transaction
 * in which it is stored, so that both equations hold throughout; what cannot stays as it is.
 */
export async function replayQuarantine(
  options: QuarantineReplayOptions,
  filter: { readonly station?: string; readonly reason?: QuarantineReason },
): Promise<QuarantineReplayResult> {
  let tried = 0;
  let released = 0;
  let after: { position: number; item: number } | undefined;
  while (!options.isStopping()) {
    const rows = await options.store.quarantine({
      ...filter,
      ...(after === undefined ? {} : { after }),
      limit: PAGE,
    });
    const writes: Promise<void>[] = [];
    for (const row of rows) {
      tried += 1;
      const builder = row.payload.length === 0 ? undefined : retry(row, options.intake);
      if (builder === undefined) continue;
      released += 1;
      writes.push(options.write(builder));
    }
    await Promise.all(writes);
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) break;
    after = { position: last.position, item: last.item };
  }
  return { tried, released, stillQuarantined: tried - released };
}

/** What the store has to do to release the row; `undefined` when the row is as unusable as before. */
function retry(row: QuarantineRow, intake: MessageIntake): BatchBuilder | undefined {
  const { position, received, principal, topic, payload, item, station } = row;
  const entry: JournalledEntry = { position, received, principal, topic, payload, qos: 1 };
  const builder = new BatchBuilder();
  const request = { part: 'whole', future: 'decide', correctionMs: 0, isReplay: true } as const;
  const outcome = intake.take(entry, request, builder);
  if (outcome.kind !== 'decoded') return undefined;
  if (item === WHOLE_MESSAGE) {
    builder.count(station, 'messagesQuarantined', -1);
  } else {
    if (builder.readingCount === 0) return undefined;
    // The message around a single reading is ours, not the device's: message and reading were counted before.
    builder.count(station, 'messagesDecoded', -1);
    builder.count(station, 'readingsDecoded', -1);
    builder.count(station, 'readingsQuarantined', -1);
  }
  builder.release(position, item);
  return builder;
}
