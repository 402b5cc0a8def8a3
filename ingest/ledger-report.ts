import { messagesBalance, readingsBalance } from '../domain/model/ledger.ts';
import type { Ledger, MessageCounts, ReadingCounts, RefusalCount } from '../domain/model/ledger.ts';
import type { JournalAccount, JournalReader } from '../domain/ports/journal.ts';
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
 * @param stations these stations only, added up; the refusals are those of the principals of these names
 */
export async function reportLedger(
  sources: { readonly store: TelemetryStore; readonly reader: JournalReader },
  refused: readonly RefusalCount[],
  stations?: readonly string[],
): Promise<Ledger> {
  for (let snapshot = 1; ; snapshot += 1) {
    const ledger = await snapshotLedger(sources, refused, stations);
    if (ledger.balanced || snapshot === SNAPSHOTS) return ledger;
  }
}

async function snapshotLedger(
  sources: { readonly store: TelemetryStore; readonly reader: JournalReader },
  refused: readonly RefusalCount[],
  stations: readonly string[] | undefined,
): Promise<Ledger> {
  const committed = await sources.store.ledger();
  const account = await sources.reader.account(committed.cursors);
  if (stations !== undefined) {
    const own = only(new Set(stations), committed, account);
    return ledgerOf(
      totalMessages(own.committed, own.journal),
      totalReadings(own.committed),
      refused.filter(refusal => own.stations.has(refusal.principal)),
    );
  }
  return ledgerOf(
    totalMessages(committed, { journalled: account.journalled, pending: account.pending }),
    totalReadings(committed),
    refused,
  );
}

/** The part of both sides that belongs to some stations. */
function only(stations: ReadonlySet<string>, committed: CommittedLedger, account: JournalAccount) {
  const journal = { journalled: 0, pending: 0 };
  for (const station of stations) {
    const own = account.stations.get(station);
    journal.journalled += own?.journalled ?? 0;
    journal.pending += own?.pending ?? 0;
  }
  const pick = <Value>(all: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
    new Map(
      [...stations].flatMap(station => {
        const value = all.get(station);
        return value === undefined ? [] : [[station, value]];
      }),
    );
  return {
    stations,
    journal,
    committed: { ...committed, stations: pick(committed.stations), held: pick(committed.held) },
  };
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
