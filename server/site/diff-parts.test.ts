import { describe, expect, it } from 'vitest';
import type { Basin, RegistryPart, Street } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, GatewaySpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { diffParts } from './diff-parts.ts';

const STREET: Street = { kind: 'street', id: 'a', name: '街' };
const BASIN: Basin = { kind: 'basin', id: 'a', name: '流域' };
const LEVEL: DatastreamSpec = {
  property: 'water_level',
  datum: 'D',
  intervalMs: 60_000,
  thresholds: { datum: 'D', warning: 33.2 },
};
const RAIN: DatastreamSpec = { property: 'rainfall', intervalMs: 300_000 };

function station(more: Partial<StationSpec> = {}): StationSpec {
  return { kind: 'station', id: 'S-1' as ThingId, name: '站', datastreams: [LEVEL, RAIN], ...more };
}

function gateway(more: Partial<GatewaySpec> = {}): GatewaySpec {
  return { kind: 'gateway', id: 'G-1' as ThingId, name: '关', stations: [], ...more };
}

describe('diffParts', () => {
  it('finds nothing between equal parts, whatever the order of parts, keys and datastreams', () => {
    const turned = { datastreams: [RAIN, LEVEL], name: '站', id: 'S-1' as ThingId, kind: 'station' } as const;
    expect(diffParts([STREET, BASIN, station()], [turned, BASIN, STREET])).toEqual({
      added: [],
      changed: [],
      retired: [],
    });
  });

  it('takes no id for what every object inherits', () => {
    const channel = { id: 'constructor', name: '摄像', places: [] };
    expect(diffParts([gateway({ channels: [] })], [gateway({ channels: [channel] })]).changed).toEqual([
      {
        kind: 'gateway',
        id: 'G-1',
        changes: [{ path: 'channels.constructor', before: undefined, after: channel }],
      },
    ]);
  });

  it('tells added and retired parts by kind and id', () => {
    expect(diffParts([STREET, BASIN], [BASIN, station()])).toEqual({
      added: [{ kind: 'station', id: 'S-1' }],
      changed: [],
      retired: [{ kind: 'street', id: 'a' }],
    });
  });

  it('retires and adds a thing that becomes another kind of thing', () => {
    expect(diffParts([station()], [gateway({ id: 'S-1' as ThingId })])).toEqual({
      added: [{ kind: 'gateway', id: 'S-1' }],
      changed: [],
      retired: [{ kind: 'station', id: 'S-1' }],
    });
  });

  it.each<[string, RegistryPart, RegistryPart, object[]]>([
    ['a value', STREET, { ...STREET, name: '路' }, [{ path: 'name', before: '街', after: '路' }]],
    ['a value that comes', STREET, { ...STREET, nameEn: 'S' }, [{ path: 'nameEn', after: 'S' }]],
    ['a value that goes', { ...STREET, nameEn: 'S' }, STREET, [{ path: 'nameEn', before: 'S' }]],
    [
      'a threshold of a datastream that stands elsewhere',
      station(),
      station({ datastreams: [RAIN, { ...LEVEL, thresholds: { datum: 'D', warning: 33.5 } }] }),
      [{ path: 'datastreams.water_level.thresholds.warning', before: 33.2, after: 33.5 }],
    ],
    [
      'a new datastream with an instance',
      station(),
      station({ datastreams: [LEVEL, RAIN, { ...RAIN, instance: '2' }] }),
      [{ path: 'datastreams.rainfall.2', after: { ...RAIN, instance: '2' } }],
    ],
    [
      'a list as one value',
      gateway(),
      gateway({ stations: ['S-1' as ThingId] }),
      [{ path: 'stations', before: [], after: ['S-1'] }],
    ],
    [
      'a channel by its id',
      gateway({ channels: [{ id: 'c1', name: 'x', places: [] }] }),
      gateway({
        channels: [
          { id: 'c0', name: 'y', places: [] },
          { id: 'c1', name: 'x', places: [{ from: epochMs(1), latitude: 1, longitude: 2 }] },
        ],
      }),
      [
        { path: 'channels.c1.places', before: [], after: [{ from: 1, latitude: 1, longitude: 2 }] },
        { path: 'channels.c0', after: { id: 'c0', name: 'y', places: [] } },
      ],
    ],
  ])('tells %s', (_what, before, after, changes) => {
    const { added, changed, retired } = diffParts([before], [after]);
    expect([added, retired]).toEqual([[], []]);
    expect(changed).toEqual([{ kind: after.kind, id: after.id, changes }]);
  });
});
