import { expect, it } from 'vitest';

import type { CommittedLedger } from '../domain/ports/telemetry-store.ts';
import { auditStored } from './ledger-audit.ts';

const NONE = { decoded: 0, duplicate: 0, corrected: 0, quarantined: 0, rejected: 0, inFlight: 0 };

function ledger(stored: Readonly<Record<string, number>>): CommittedLedger {
  const stations = Object.entries(stored).map(
    ([station, count]) =>
      [station, { messages: { decoded: 0, quarantined: 0 }, readings: { ...NONE, stored: count } }] as const,
  );
  return { cursors: { live: 0, backlog: 0 }, held: new Map(), stations: new Map(stations) };
}

function store(ledgers: readonly CommittedLedger[], rows: Readonly<Record<string, number>>) {
  const left = [...ledgers];
  return {
    ledger: () => Promise.resolve(left.shift() ?? ledger({})),
    countRows: () => Promise.resolve(new Map(Object.entries(rows))),
  };
}

it.each([
  ['the same at rest', { A: 3 }, { A: 3 }, { A: 3 }, true],
  ['between the two, while readings are stored', { A: 3 }, { A: 5 }, { A: 4 }, true],
  ['fewer rows than the ledger says', { A: 3 }, { A: 3 }, { A: 2 }, false],
  ['more rows than the ledger says', { A: 3 }, { A: 3 }, { A: 4 }, false],
  ['rows of a station the ledger does not know', { A: 3 }, { A: 3 }, { A: 3, B: 1 }, false],
  ['no rows of a station the ledger knows', { A: 3, B: 1 }, { A: 3, B: 1 }, { A: 3 }, false],
])('tells %s', async (_name, before, after, rows, agrees) => {
  const audit = await auditStored(store([ledger(before), ledger(after)], rows));
  expect(audit.agrees).toBe(agrees);
  expect(audit.differences).toHaveLength(agrees ? 0 : 1);
});
