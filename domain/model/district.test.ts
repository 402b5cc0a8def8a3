import { describe, expect, it } from 'vitest';

import { districtOf } from './district.ts';
import type { DistrictPart, RegistryPart } from './district.ts';
import type { ThingId } from './identifier.ts';

describe('districtOf', () => {
  it('sorts the parts by kind and leaves things out', () => {
    const parts = {
      district: { kind: 'district', id: 'district', name: '区' },
      organisation: { kind: 'organisation', id: 'o', name: 'o', role: 'operator' },
      person: { kind: 'person', id: 'p', name: 'p', organisation: 'o' },
      street: { kind: 'street', id: 's', name: 's' },
      community: { kind: 'community', id: 'c', name: 'c', street: 's' },
      basin: { kind: 'basin', id: 'b', name: 'b' },
      reach: { kind: 'reach', id: 'r', name: 'r', basin: 'b' },
      asset: {
        kind: 'asset',
        id: 'a',
        name: 'a',
        type: 'outfall',
        basin: 'b',
        community: 'c',
        operator: 'o',
        regulator: 'o',
        responsible: ['p'],
        latitude: 22.7,
        longitude: 114.2,
      },
      flow: { kind: 'flow', id: 'a>r', from: 'a', to: 'r' },
    } as const satisfies Record<DistrictPart['kind'], DistrictPart>;
    const station: RegistryPart = { kind: 'station', id: 'S' as ThingId, name: 's', datastreams: [] };
    const district = districtOf([station, ...Object.values(parts)]);
    expect(district).toEqual({
      name: parts.district,
      organisations: new Map([['o', parts.organisation]]),
      persons: new Map([['p', parts.person]]),
      streets: new Map([['s', parts.street]]),
      communities: new Map([['c', parts.community]]),
      basins: new Map([['b', parts.basin]]),
      reaches: new Map([['r', parts.reach]]),
      assets: new Map([['a', parts.asset]]),
      flow: [parts.flow],
    });
  });
});
