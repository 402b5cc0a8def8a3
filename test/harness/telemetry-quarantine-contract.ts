import { describe, expect, it } from 'vitest';

import type { QuarantineQuery } from '../../domain/ports/telemetry-store.ts';
import { quarantineItem } from './store-batch.ts';
import { useStore } from './store-under-test.ts';
import type { StorePlace } from './store-under-test.ts';

/** How a store keeps what could not be used. */
export function telemetryQuarantineContract(name: string, create: () => StorePlace): void {
  describe(`${name} keeps quarantine as the telemetry store contract says`, () => {
    const under = useStore(create);

    it('keeps a quarantined item with every field, once, however often it is put', async () => {
      const item = quarantineItem({ position: 3, item: 2, reason: 'future' });
      const bare = quarantineItem({ position: 4, payload: new Uint8Array(0) });
      await under.append({ quarantined: [item, bare] });
      await under.append({ quarantined: [item] });
      expect(await under.store.quarantine({ limit: 10 })).toEqual([
        { ...item, released: false },
        { ...bare, released: false },
      ]);
    });

    it('hides what was released unless it is asked for, and does not bring it back', async () => {
      const item = quarantineItem({ position: 3, item: 2 });
      const whole = quarantineItem({ position: 3, item: -1 });
      await under.append({ quarantined: [item, whole] });
      const released = [
        { position: 3, item: 2 },
        { position: 3, item: 2 },
        { position: 99, item: 0 },
      ];
      await under.append({ released });
      expect(await under.store.quarantine({ limit: 10 })).toEqual([{ ...whole, released: false }]);
      await under.append({ quarantined: [item] });
      expect(await under.store.quarantine({ limit: 10 })).toEqual([{ ...whole, released: false }]);
      expect(await under.store.quarantine({ limit: 10, includeReleased: true })).toEqual([
        { ...whole, released: false },
        { ...item, released: true },
      ]);
    });

    it('filters quarantine and pages through it by position and item', async () => {
      const item = (
        position: number,
        index: number,
        station: string,
        reason: 'future' | 'schema' = 'schema',
      ) => quarantineItem({ position, item: index, station, reason });
      await under.append({
        quarantined: [
          item(2, -1, 'S-1'),
          item(1, 10, 'S-1', 'future'),
          item(1, 2, 'S-2'),
          item(10, 0, 'S-1'),
          item(2, 0, 'S-2', 'future'),
        ],
      });
      const places = async (query: Partial<QuarantineQuery>) =>
        (await under.store.quarantine({ limit: 10, ...query })).map(row => [row.position, row.item]);
      const all = [
        [1, 2],
        [1, 10],
        [2, -1],
        [2, 0],
        [10, 0],
      ];
      expect(await places({})).toEqual(all);
      expect(await places({ limit: 2 })).toEqual(all.slice(0, 2));
      expect(await places({ limit: 2, after: { position: 1, item: 10 } })).toEqual(all.slice(2, 4));
      expect(await places({ after: { position: 2, item: -1 } })).toEqual(all.slice(3));
      expect(await places({ station: 'S-1' })).toEqual([all[1], all[2], all[4]]);
      expect(await places({ reason: 'future' })).toEqual([all[1], all[3]]);
      expect(await places({ station: 'S-2', reason: 'future' })).toEqual([all[3]]);
    });
  });
}
