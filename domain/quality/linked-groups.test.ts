import { describe, expect, it } from 'vitest';

import { linkedGroups } from './linked-groups.ts';

describe('linkedGroups', () => {
  it('puts together what is linked, in either direction and over others', () => {
    const members = [
      { datastream: 1, neighbours: [2] },
      { datastream: 2 },
      { datastream: 3, rain: [2] },
      { datastream: 4 },
      { datastream: 5, neighbours: [4, 5] },
    ];
    const ids = linkedGroups(members).map(group => group.map(({ datastream }) => datastream));
    expect(ids).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('takes a chain of any length', () => {
    const members = Array.from({ length: 50_000 }, (_, at) => ({
      datastream: at,
      neighbours: at === 0 ? [] : [at - 1],
    }));
    expect(linkedGroups(members)).toHaveLength(1);
  });

  it('refuses a link to nobody', () => {
    expect(() => linkedGroups([{ datastream: 1, neighbours: [9] }])).toThrow(/9/);
  });
});
