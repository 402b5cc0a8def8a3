// A telemetry store under load that waits to be killed; run by telemetry-crash.test.ts. Batch n holds SIZE readings
// that are new, one that was sent before and, every third time, one late by a day. `D <n>` is printed once batch n is
// durable.
import { createTelemetryStore } from '../../dist/storage/duckdb/telemetry-store.js';
import { DuckdbTelemetry } from '../../dist/storage/duckdb/telemetry-client.js';

const [directory, t0] = process.argv.slice(2);
const SIZE = 200;
const telemetry = new DuckdbTelemetry({ directory, lingerMs: 2 });
await telemetry.start();
const store = createTelemetryStore(telemetry.openStore());
const resumption = await store.resume();
let next = resumption.cursors.live;

function columns(rows) {
  const of = (Type, field) => Type.from(rows, row => row[field]);
  return {
    count: rows.length,
    datastream: of(Int32Array, 'datastream'),
    t: of(Float64Array, 't'),
    v: of(Float64Array, 'v'),
    quality: of(Uint8Array, 'quality'),
    deviceFlag: of(Uint8Array, 'deviceFlag'),
    source: of(Uint8Array, 'source'),
    sent: of(Float64Array, 'sent'),
    received: of(Float64Array, 'received'),
    position: of(Float64Array, 'position'),
  };
}

function append() {
  const n = (next += 1);
  const at = minute => ({
    datastream: 1,
    t: Number(t0) + minute * 60_000,
    v: minute,
    quality: 1,
    deviceFlag: 0,
    source: 1,
    sent: Number(t0) + n,
    received: Number(t0) + n,
    position: n,
  });
  const rows = Array.from({ length: SIZE }, (_, index) => at(n * SIZE + index));
  rows.push(at(n * SIZE));
  if (n % 3 === 0) rows.push(at(-n));
  const count = (readings, messages) => ({
    station: 'S-1',
    messagesDecoded: messages,
    messagesQuarantined: 0,
    readingsDecoded: readings,
    readingsQuarantined: 0,
    readingsRejected: 0,
  });
  void store
    .append({
      readings: columns(rows),
      newDatastreams: n === 1 ? [{ id: 1, station: 'S-1', property: 'water_level' }] : [],
      ledger: [count(rows.length, 1)],
      quarantined: [],
      released: [],
      held: [],
      unheld: [],
      cursors: { live: n },
      stationStates: [{ station: 'S-1', state: String(n) }],
    })
    .then(() => {
      // Writing to a pipe is synchronous: what was printed was durable before the kill.
      process.stdout.write(`D ${n}\n`);
      setImmediate(append);
    });
}
for (let count = 0; count < 30; count += 1) append();
