import { messagesBalance, readingsBalance } from '../domain/model/ledger.ts';
import type { Ledger, MessageCounts, ReadingCounts, RefusalCount } from '../domain/model/ledger.ts';
import type { JournalReader } from '../domain/ports/journal.ts';
import type { CommittedLedger, TelemetryStore } from '../domain/ports/telemetry-store.ts';

const NO_READINGS: ReadingCounts = {
  decoded: 0,
  stored: 0,
  duplicate: 0,
  corrected: 0,
  quarantined: 0,
  rejected: 0,
  inFlight: 0,
};

/** Snapshots taken before an imbalance is believed. */
const SNAPSHOTS = 4;

/**
 * Puts the two sides of promise 2 together at one common instant: first a snapshot of what is committed, then what
 * the journal holds behind exactly those cursors; what it counts comes from its own rows and not from the decoder.
 * Where a commit came in between and the journal cleared rows away that the snapshot had still in flight, there was
 * no common instant, and it is tried again. A true imbalance stays.
 *
 * @param station one station only; its refusals are those of the principal of that name
 */
export async function reportLedger(
  sources: { readonly store: TelemetryStore; readonly reader: JournalReader },
  refused: readonly RefusalCount[],
  station?: string,
): Promise<Ledger> {
  for (let snapshot = 1; ; snapshot += 1) {
    const ledger = await snapshotLedger(sources, refused, station);
    if (ledger.balanced || snapshot === SNAPSHOTS) return ledger;
  }
}

async function snapshotLedger(
  sources: { readonly store: TelemetryStore; readonly reader: JournalReader },
  refused: readonly RefusalCount[],
  station: string | undefined,
): Promise<Ledger> {
  const committed = await sources.store.ledger();
  const account = await sources.reader.account(committed.cursors);
  if (station !== undefined) {
    const journal = account.stations.get(station) ?? { journalled: 0, pending: 0 };
    const kept = committed.stations.get(station);
    const held = committed.held.get(station) ?? 0;
    const messages: MessageCounts = {
      journalled: journal.journalled,
      decoded: kept?.messages.decoded ?? 0,
      quarantined: kept?.messages.quarantined ?? 0,
      inFlight: journal.pending + held,
    };
    return ledgerOf(
      messages,
      kept?.readings ?? NO_READINGS,
      refused.filter(refusal => refusal.principal === station),
    );
  }
  return ledgerOf(
    totalMessages(committed, { journalled: account.journalled, pending: account.pending }),
    totalReadings(committed),
    refused,
  );
}

function totalMessages(
  committed: CommittedLedger,
  journal: { readonly journalled: number; readonly pending: number },
): MessageCounts {
  let decoded = 0;
  let quarantined = 0;
  let held = 0;
  for (const { messages } of committed.stations.values()) {
    decoded += messages.decoded;
    quarantined += messages.quarantined;
  }
  for (const count of committed.held.values()) held += count;
  return { journalled: journal.journalled, decoded, quarantined, inFlight: journal.pending + held };
}

function totalReadings(committed: CommittedLedger): ReadingCounts {
  const total = { ...NO_READINGS };
  for (const { readings } of committed.stations.values()) {
    for (const name of Object.keys(NO_READINGS) as (keyof ReadingCounts)[]) total[name] += readings[name];
  }
  return total;
}

function ledgerOf(
  messages: MessageCounts,
  readings: ReadingCounts,
  refused: readonly RefusalCount[],
): Ledger {
  return { messages, readings, refused, balanced: messagesBalance(messages) && readingsBalance(readings) };
}
