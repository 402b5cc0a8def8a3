import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['ledgr', 'ledger'],
    ['elnrol', 'enrol'],
    ['LEDGER', 'ledger'],
    ['quarantin', 'quarantine'],
    ['xyz', undefined],
    ['q', undefined],
    ['', undefined],
  ])('takes "%s" for %s', (name, meant) => {
    expect(nearestName(name, ['ledger', 'enrol', 'quarantine'])).toBe(meant);
  });
});
