import { describe, expect, it } from 'vitest';

import { ManualClock } from '../../test/harness/manual-clock.ts';
import { LoginBrake } from './login-brake.ts';

const HOME = '192.0.2.1';

function braked() {
  const clock = new ManualClock();
  const brake = new LoginBrake(clock);
  /** Tries once; true when it was admitted. */
  const attempt = (user: string, address: string, succeeds = false): boolean => {
    const begun = brake.begin({ user, address });
    if (begun.kind === 'admitted') begun.end(succeeds ? 'right' : 'wrong');
    return begun.kind === 'admitted';
  };
  /** How many of many wrong passwords are admitted. */
  const guesses = (user: (n: number) => string, address: (n: number) => string): number =>
    Array.from({ length: 200 }, (_, n) => attempt(user(n), address(n))).filter(Boolean).length;
  return { clock, brake, attempt, guesses };
}

describe('wrong passwords', () => {
  it('are slowed by address, whatever user they try', () => {
    const { clock, guesses } = braked();
    const names = (n: number) => `user-${n}`;
    expect(guesses(names, () => HOME)).toBe(20);
    clock.advance(60_000);
    expect(guesses(names, () => HOME)).toBe(10);
  });

  it('are slowed by user, whatever address they come from', () => {
    const { clock, guesses } = braked();
    const addresses = (n: number) => `192.0.2.${n}`;
    expect(guesses(() => 'li', addresses)).toBe(10);
    clock.advance(60_000);
    expect(guesses(() => 'li', addresses)).toBe(2);
  });

  it('are told how long they have to wait', () => {
    const { clock, brake, guesses, attempt } = braked();
    guesses(
      () => 'li',
      n => `192.0.2.${n}`,
    );
    const begun = brake.begin({ user: 'li', address: HOME });
    if (begun.kind !== 'slowed') throw new Error('It was admitted.');
    expect(begun.waitMs).toBe(30_000);
    clock.advance(begun.waitMs - 1_000);
    expect(attempt('li', HOME)).toBe(false);
    clock.advance(1_001);
    expect(attempt('li', HOME)).toBe(true);
  });

  it('for one user leave the other users behind the same address their attempts', () => {
    const { attempt, guesses } = braked();
    guesses(
      () => 'li',
      n => `198.51.100.${n}`,
    );
    expect(
      guesses(
        () => 'li',
        () => HOME,
      ),
    ).toBe(0);
    expect(attempt('wang', HOME)).toBe(true);
  });
});

describe('right passwords', () => {
  it('cost nothing', () => {
    const { attempt } = braked();
    for (let login = 0; login < 500; login += 1) expect(attempt('li', HOME, true)).toBe(true);
  });

  it('do not give an attacker back what the wrong ones cost', () => {
    const { attempt } = braked();
    let wrong = 0;
    for (let n = 0; n < 200; n += 1) {
      attempt('attacker', HOME, true);
      if (attempt(`user-${n}`, HOME)) wrong += 1;
    }
    expect(wrong).toBe(20);
  });
});

describe('a duty officer', () => {
  it('gets in from where they were before, while strangers guess at their password', () => {
    const { attempt, guesses } = braked();
    attempt('li', HOME, true);
    expect(
      guesses(
        () => 'li',
        n => `198.51.100.${n}`,
      ),
    ).toBe(10);
    expect(attempt('li', '203.0.113.9', true)).toBe(false);
    expect(attempt('li', HOME, true)).toBe(true);
  });

  it('is not slowed at home by names that are made to look like home', () => {
    const { attempt, guesses } = braked();
    attempt('li', HOME, true);
    for (const name of [`place:${HOME} li`, `li\n${HOME}`, `${HOME} li`]) {
      guesses(
        () => name,
        n => `198.51.100.${n}`,
      );
    }
    expect(
      guesses(
        () => 'li',
        () => HOME,
      ),
    ).toBe(10);
  });

  it('is slowed at home, too, where the wrong passwords come from there', () => {
    const { attempt, guesses } = braked();
    attempt('li', HOME, true);
    expect(
      guesses(
        () => 'li',
        () => HOME,
      ),
    ).toBe(10);
    expect(attempt('li', HOME, true)).toBe(false);
  });
});

describe('logins at the same time', () => {
  it('are looked at four at a time for one user', () => {
    const { brake } = braked();
    const begun = Array.from({ length: 6 }, (_, n) => brake.begin({ user: 'li', address: `192.0.2.${n}` }));
    expect(begun.map(({ kind }) => kind)).toEqual([...Array(4).fill('admitted'), 'slowed', 'slowed']);
    for (const attempt of begun) if (attempt.kind === 'admitted') attempt.end('wrong');
    expect(brake.begin({ user: 'li', address: HOME }).kind).toBe('admitted');
  });
});
