import { BLOB, BOOLEAN, DOUBLE, INTEGER, VARCHAR, blobValue } from '@duckdb/node-api';

import type { HeldMessage, QuarantineItem, StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import type { Connection } from './database.ts';
import type { TakenBatch } from './taken-batch.ts';

type Place = TakenBatch['released'][number];

/** Writes everything of some batches but readings, ledger and cursors into the open transaction. */
export async function writeSideTables(
  connection: Connection,
  batches: readonly TakenBatch[],
  seq: number,
): Promise<void> {
  await appendDatastreams(
    connection,
    batches.flatMap(batch => batch.newDatastreams),
  );
  await writeQuarantine(connection, batches);
  await writeHeld(connection, heldChanges(batches));
  await appendStates(connection, batches, seq);
}

async function appendDatastreams(
  connection: Connection,
  datastreams: readonly StoredDatastream[],
): Promise<void> {
  await connection.append(
    'datastream',
    [
      { type: INTEGER, numbers: datastreams.map(({ id }) => id) },
      { type: VARCHAR, values: datastreams.map(({ station }) => station) },
      { type: VARCHAR, values: datastreams.map(({ property }) => property) },
      { type: VARCHAR, values: datastreams.map(({ instance }) => instance ?? null) },
    ],
    datastreams.length,
  );
}

/** Puts and releases in the order of the batches, each kind in as few steps as that allows. */
async function writeQuarantine(connection: Connection, batches: readonly TakenBatch[]): Promise<void> {
  let items: QuarantineItem[] = [];
  let released: Place[] = [];
  for (const batch of batches) {
    if (released.length > 0 && batch.quarantined.length > 0) {
      await putItems(connection, items);
      await releaseItems(connection, released);
      items = [];
      released = [];
    }
    items.push(...batch.quarantined);
    released.push(...batch.released);
  }
  await putItems(connection, items);
  await releaseItems(connection, released);
}

async function putItems(connection: Connection, items: readonly QuarantineItem[]): Promise<void> {
  if (items.length === 0) return;
  const once = new Map<string, QuarantineItem>();
  for (const item of items) {
    const key = `${item.position}/${item.item}`;
    if (!once.has(key)) once.set(key, item);
  }
  const rows = [...once.values()];
  await connection.run('CREATE OR REPLACE TEMP TABLE offered AS FROM quarantine LIMIT 0');
  await connection.append(
    'offered',
    [
      { type: DOUBLE, numbers: rows.map(row => row.position) },
      { type: INTEGER, numbers: rows.map(row => row.item) },
      { type: VARCHAR, values: rows.map(row => row.reason) },
      { type: VARCHAR, values: rows.map(row => row.detail) },
      { type: VARCHAR, values: rows.map(row => row.station) },
      { type: VARCHAR, values: rows.map(row => row.principal) },
      { type: VARCHAR, values: rows.map(row => row.topic) },
      { type: DOUBLE, numbers: rows.map(row => row.received) },
      { type: BLOB, values: rows.map(row => blobValue(row.payload)) },
      { type: VARCHAR, values: rows.map(row => row.sha256) },
      { type: BOOLEAN, values: rows.map(() => false) },
    ],
    rows.length,
    'temp',
  );
  await connection.run(
    `INSERT INTO quarantine SELECT * FROM offered o WHERE NOT EXISTS (
       SELECT 1 FROM quarantine q WHERE q.position = o.position AND q.item = o.item)`,
  );
}

async function releaseItems(connection: Connection, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  const values = places.map(({ position, item }) => `(${position}, ${item})`).join();
  await connection.run(
    `UPDATE quarantine SET released = true FROM (VALUES ${values}) r(position, item)
     WHERE quarantine.position = r.position AND quarantine.item = r.item`,
  );
}

/** What becomes of held messages by their position: the message, or undefined when it is not held any more. */
export function heldChanges(batches: readonly TakenBatch[]): ReadonlyMap<number, HeldMessage | undefined> {
  const changes = new Map<number, HeldMessage | undefined>();
  for (const batch of batches) {
    for (const message of batch.held) changes.set(message.position, message);
    for (const position of batch.unheld) changes.set(position, undefined);
  }
  return changes;
}

async function writeHeld(
  connection: Connection,
  changes: ReadonlyMap<number, HeldMessage | undefined>,
): Promise<void> {
  if (changes.size === 0) return;
  await connection.run(`DELETE FROM held WHERE position IN (${[...changes.keys()].join()})`);
  const messages = [...changes.values()].filter(message => message !== undefined);
  await connection.append(
    'held',
    [
      { type: DOUBLE, numbers: messages.map(message => message.position) },
      { type: DOUBLE, numbers: messages.map(message => message.received) },
      { type: VARCHAR, values: messages.map(message => message.principal) },
      { type: VARCHAR, values: messages.map(message => message.topic) },
      { type: BLOB, values: messages.map(message => blobValue(message.payload)) },
      { type: DOUBLE, numbers: messages.map(message => message.splitBefore ?? Number.NaN), nullable: true },
    ],
    messages.length,
  );
}

/** States are appended; those that a later commit replaced leave when the commit log is folded. */
async function appendStates(
  connection: Connection,
  batches: readonly TakenBatch[],
  seq: number,
): Promise<void> {
  const states = new Map<string, string>();
  for (const batch of batches) {
    for (const { station, state } of batch.stationStates ?? []) states.set(station, state);
  }
  await connection.append(
    'station_state',
    [
      { type: DOUBLE, numbers: Array.from(states, () => seq) },
      { type: VARCHAR, values: [...states.keys()] },
      { type: VARCHAR, values: [...states.values()] },
    ],
    states.size,
  );
}
