import type { Ledger } from '../../domain/model/ledger.ts';
import type { LoadRecord } from '../../sensors-sim/load/load-account.ts';
import type { ServerProcess } from './server-process.ts';
import { waitFor } from './wait-for.ts';

interface Row {
  readonly t: number;
  readonly v: number | null;
}

/** What a load run sent, by datastream: to be compared with what the server holds. */
export class SentReadings {
  readonly #published = new Map<string, Map<number, Set<number | null>>>();
  readonly #acknowledged = new Map<string, Set<number>>();

  /** For `onPublished`: from here on the server may hold the readings. */
  readonly published = (record: LoadRecord): void => {
    for (const { key, t, v } of readingsOf(record)) {
      const byTime = this.#published.get(key) ?? new Map<number, Set<number | null>>();
      this.#published.set(key, byTime);
      byTime.set(t, (byTime.get(t) ?? new Set()).add(v));
    }
  };

  /** For `onAcknowledged`: from here on the server has to hold them. QoS 0 promises nothing. */
  readonly acknowledged = (record: LoadRecord): void => {
    if (record.qos === 0) return;
    for (const { key, t } of readingsOf(record)) {
      this.#acknowledged.set(key, (this.#acknowledged.get(key) ?? new Set()).add(t));
    }
  };

  get acknowledgedCount(): number {
    let count = 0;
    for (const times of this.#acknowledged.values()) count += times.size;
    return count;
  }

  /** Asks the server for every datastream; answers what is missing, doubled, or was never sent. */
  async compare(server: ServerProcess): Promise<{ stored: number; problems: string[] }> {
    const problems: string[] = [];
    let stored = 0;
    for (const [key, sent] of this.#published) {
      const rows = await allRows(server, key);
      stored += rows.length;
      const seen = new Set<number>();
      for (const { t, v } of rows) {
        if (seen.has(t)) problems.push(`${key} at ${t} is there twice`);
        seen.add(t);
        if (sent.get(t)?.has(v) !== true) problems.push(`${key} at ${t} is ${v}, which was never sent`);
      }
      for (const t of this.#acknowledged.get(key) ?? []) {
        if (!seen.has(t)) problems.push(`${key} at ${t} was acknowledged and is missing`);
      }
    }
    return { stored, problems };
  }
}

function* readingsOf(record: LoadRecord): Generator<{ key: string; t: number; v: number | null }> {
  if (record.malformed !== undefined) return;
  for (const { p, t, v } of record.readings) yield { key: `${record.station}/${p}`, t, v };
}

async function allRows(server: ServerProcess, key: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = (await server.get(
      `/api/v1/datastreams/${key}/observations?from=0&to=4000000000000&limit=50000${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )) as { items: Row[]; next: string | null };
    rows.push(...page.items);
    cursor = page.next;
  }
  return rows;
}

/** Waits until nothing is in flight, and answers the ledger. */
export function settledLedger(
  server: ServerProcess,
  timeoutMs = 30_000,
): ReturnType<ServerProcess['ledger']> {
  return waitFor('a ledger with nothing in flight', () => server.ledger(), {
    until: ({ messages, readings }) => messages.inFlight === 0 && readings.inFlight === 0,
    timeoutMs,
    intervalMs: 100,
  });
}

/** The ledger that a further start finds: it has noted in the journal that nobody listened since the last one. */
export function afterRestart(ledger: Ledger): Ledger {
  const { messages } = ledger;
  const counts = { journalled: messages.journalled + 1, decoded: messages.decoded + 1 };
  return { ...ledger, messages: { ...messages, ...counts } };
}
