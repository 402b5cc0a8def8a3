import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { observation, quarantineItem } from '../test/harness/store-batch.ts';
import { observationsOf } from '../test/harness/telemetry-model.ts';
import { BatchBuilder } from './batch-builder.ts';

const REST = { cursors: { live: 1 }, newDatastreams: [] };
const held = (position: number) => ({
  position,
  received: epochMs(1),
  principal: 'S-1',
  topic: 'ww/v1/S-1/obs',
  payload: new Uint8Array(1),
});

describe('BatchBuilder', () => {
  it('adds up counts by station and starts anew with each batch', () => {
    const builder = new BatchBuilder();
    expect(builder.isEmpty).toBe(true);
    builder.count('S-1', 'readingsDecoded', 3);
    builder.count('S-1', 'readingsDecoded');
    builder.count('S-2', 'messagesQuarantined', -1);
    builder.quarantine(quarantineItem());
    builder.release(4, -1);
    expect(builder.isEmpty).toBe(false);
    const batch = builder.take(REST);
    expect(batch.ledger).toMatchObject([
      { station: 'S-1', readingsDecoded: 4, messagesDecoded: 0 },
      { station: 'S-2', messagesQuarantined: -1 },
    ]);
    expect(batch).toMatchObject({ released: [{ position: 4, item: -1 }], cursors: { live: 1 } });
    expect('stationStates' in batch).toBe(false);
    expect(builder.isEmpty).toBe(true);
    const next = builder.take(REST);
    expect([next.ledger, next.quarantined, next.released, next.readings.count]).toEqual([[], [], [], 0]);
  });

  it('gives readings back as they were added, beyond its first capacity too, and leaves taken columns alone', () => {
    const builder = new BatchBuilder();
    const readings = Array.from({ length: 1_000 }, (_, n) =>
      observation({
        datastream: n % 7,
        t: epochMs(1e12 + n),
        v: n % 5 === 0 ? null : n / 3,
        position: 2 ** 33 + n,
      }),
    );
    for (const reading of readings) builder.addReading(reading);
    const { readings: columns } = builder.take(REST);
    builder.addReading(observation({ datastream: 99, t: epochMs(1) }));
    expect(columns.count).toBe(1_000);
    expect(observationsOf(columns)).toEqual(readings);
  });

  it('does not hold at all what is held and let go in the same batch', () => {
    const builder = new BatchBuilder();
    builder.hold(held(1));
    builder.hold(held(2));
    builder.unhold(2);
    builder.unhold(3);
    const batch = builder.take(REST);
    expect(batch.held.map(({ position }) => position)).toEqual([1]);
    expect(batch.unheld).toEqual([3]);
  });

  it('has the flags of the moment in which it is closed', () => {
    const builder = new BatchBuilder();
    const at = (t: number, quality: 1 | 3 | 4) => ({ datastream: 1, t: epochMs(t), quality });
    builder.addReading(observation(at(1, 1)));
    builder.addReading(observation(at(2, 1)));
    builder.requalify(at(5, 3));
    builder.requalify(at(6, 3));
    builder.requalify(at(6, 4));
    const batch = builder.take(REST, (_, t) => (t === 2 ? 3 : t === 5 ? 1 : undefined));
    expect([...batch.readings.quality.subarray(0, 2)]).toEqual([1, 3]);
    expect(batch.requalified).toMatchObject({
      count: 2,
      t: Float64Array.of(5, 6),
      quality: Uint8Array.of(1, 4),
    });
    expect(builder.isEmpty).toBe(true);
    expect('requalified' in builder.take(REST)).toBe(false);
  });
});
