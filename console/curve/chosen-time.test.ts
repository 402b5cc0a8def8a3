import { expect, it } from 'vitest';

import { moveTime } from './chosen-time.ts';

const axis = { times: [100, 200, 400], from: 0, to: 1_000 };

it.each([
  ['now', 'ArrowLeft', 400],
  [400, 'ArrowLeft', 200],
  [100, 'ArrowLeft', 100],
  [300, 'ArrowRight', 400],
  [400, 'ArrowRight', 'now'],
  ['now', 'PageUp', 900],
  [950, 'PageUp', 850],
  [30, 'PageUp', 0],
  [850, 'PageDown', 950],
  [900, 'PageDown', 'now'],
  ['now', 'PageDown', 'now'],
  [400, 'Home', 100],
  [100, 'End', 'now'],
  [100, 'a', undefined],
] as const)('from %o the key %s leads to %o', (chosen, key, next) => {
  expect(moveTime(axis, chosen, key)).toBe(next);
});

it('stays where a curve has no rows', () => {
  expect(moveTime({ ...axis, times: [] }, 'now', 'ArrowLeft')).toBe('now');
  expect(moveTime({ ...axis, times: [] }, 'now', 'Home')).toBe('now');
});
