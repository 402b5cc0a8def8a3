import { expect, it } from 'vitest';

import { waitFor } from './wait-for.ts';

const soon = { timeoutMs: 20, intervalMs: 1 };

it('answers the first awaited value', async () => {
  let looks = 0;
  const look = () => Promise.resolve((looks += 1));
  expect(await waitFor('the third look', look, { until: value => value >= 3, intervalMs: 1 })).toBe(3);
  expect(looks).toBe(3);
});

it('takes a truthy value where no condition is given', async () => {
  const values = [undefined, 0, '', 'here'];
  expect(await waitFor('a value', () => values.shift(), { intervalMs: 1 })).toBe('here');
});

it('looks at least once, also without time', async () => {
  expect(await waitFor('a value', () => 'here', { timeoutMs: 0 })).toBe('here');
});

it('says after the deadline what it waited for and what it saw last', async () => {
  await expect(
    waitFor('five rows', () => ({ rows: 4 }), { ...soon, until: ({ rows }) => rows === 5 }),
  ).rejects.toThrow('Waited 20 ms for five rows; the last value was { rows: 4 }.');
});

it('goes on after a look that throws, and names the last error', async () => {
  const refused = new Error('connection refused');
  let looks = 0;
  const look = () => {
    looks += 1;
    if (looks === 1) throw refused;
    return 'open';
  };
  expect(await waitFor('the port', look, soon)).toBe('open');
  const never = waitFor('the port', () => Promise.reject(refused), soon);
  await expect(never).rejects.toThrow('the last look threw Error: connection refused.');
  await expect(never).rejects.toMatchObject({ cause: refused });
});
