import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BUCKETS, bucketStart } from './bucket.ts';
import type { BucketName } from './bucket.ts';
import { epochMs } from './instant.ts';

const at = (iso: string) => epochMs(Date.parse(iso));

describe('bucketStart', () => {
  it.each([
    {
      kind: 'instantaneous',
      t: '2026-06-01T10:00:00+08:00',
      bucket: '1h',
      start: '2026-06-01T10:00:00+08:00',
    },
    {
      kind: 'instantaneous',
      t: '2026-06-01T10:59:59.999+08:00',
      bucket: '1h',
      start: '2026-06-01T10:00:00+08:00',
    },
    {
      kind: 'period_total',
      t: '2026-06-01T10:00:00+08:00',
      bucket: '1h',
      start: '2026-06-01T09:00:00+08:00',
    },
    { kind: 'counter', t: '2026-06-01T10:00:00.001+08:00', bucket: '1h', start: '2026-06-01T10:00:00+08:00' },
    {
      kind: 'instantaneous',
      t: '2026-06-01T00:30:00+08:00',
      bucket: '1d',
      start: '2026-06-01T00:00:00+08:00',
    },
    {
      kind: 'instantaneous',
      t: '2026-06-01T07:59:00+08:00',
      bucket: 'hd',
      start: '2026-05-31T08:00:00+08:00',
    },
    {
      kind: 'instantaneous',
      t: '2026-06-01T08:00:00+08:00',
      bucket: 'hd',
      start: '2026-06-01T08:00:00+08:00',
    },
    // The rain of the hour that ends at 08:00 belongs to the hydrological day that ends there.
    {
      kind: 'period_total',
      t: '2026-06-01T08:00:00+08:00',
      bucket: 'hd',
      start: '2026-05-31T08:00:00+08:00',
    },
  ] as const)(
    'a value of kind $kind at $t lies in the $bucket bucket from $start',
    ({ kind, t, bucket, start }) => {
      expect(bucketStart(at(t), BUCKETS[bucket], kind)).toBe(at(start));
    },
  );

  it('puts every instant into exactly the bucket that holds it', () => {
    const names = fc.constantFrom(...(Object.keys(BUCKETS) as BucketName[]));
    fc.assert(
      fc.property(names, fc.integer({ min: 946_684_800_000, max: 4e12 }), fc.boolean(), (name, t, total) => {
        const start = bucketStart(epochMs(t), BUCKETS[name], total ? 'period_total' : 'instantaneous');
        const end = start + BUCKETS[name].widthMs;
        expect(total ? start < t && t <= end : start <= t && t < end).toBe(true);
      }),
    );
  });
});
