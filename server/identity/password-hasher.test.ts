import { describe, expect, it } from 'vitest';

import { CHEAP_COST } from '../../test/harness/test-accounts.ts';
import { PasswordHasher } from './password-hasher.ts';

const PASSWORD = 'correct horse battery';

describe('a password hash', () => {
  it('matches its password alone, in every form of the same characters', async () => {
    const hasher = new PasswordHasher(CHEAP_COST);
    const encoded = await hasher.hash('Ａbc 水位 e\u0301 123');
    expect(await hasher.verify('Abc 水位 \u00e9 １２３', encoded)).toEqual({
      matches: true,
      isOutdated: false,
    });
    expect((await hasher.verify('abc 水位 é 123', encoded)).matches).toBe(false);
    expect((await hasher.verify('', encoded)).matches).toBe(false);
  });

  it('has a salt of its own and says how it was made', async () => {
    const hasher = new PasswordHasher(CHEAP_COST);
    const [first, second] = [await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)];
    expect(first).toMatch(/^\$scrypt\$ln=2,r=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(first).not.toBe(second);
  });

  it('costs 64 MiB by default: N = 2^16, r = 8, p = 1', async () => {
    expect(await new PasswordHasher().hash(PASSWORD)).toMatch(/^\$scrypt\$ln=16,r=8,p=1\$/);
  });

  it('is outdated once new ones cost more, and still matches', async () => {
    const encoded = await new PasswordHasher(CHEAP_COST).hash(PASSWORD);
    const dearer = new PasswordHasher({ ...CHEAP_COST, costLog2: 3 });
    expect(await dearer.verify(PASSWORD, encoded)).toEqual({ matches: true, isOutdated: true });
    expect(await dearer.verify('wrong', encoded)).toEqual({ matches: false, isOutdated: true });
  });

  it('matches nothing where there is none', async () => {
    expect((await new PasswordHasher(CHEAP_COST).verify(PASSWORD, undefined)).matches).toBe(false);
  });

  it.each(['', 'x', '$scrypt$ln=2,r=1,p=1$short$short', `$argon2id$v=19$m=1,t=1,p=1$abc$def`])(
    'that cannot be read is an error, not a match: %j',
    async encoded => {
      const verdict = new PasswordHasher(CHEAP_COST).verify(PASSWORD, encoded);
      await expect(verdict).rejects.toMatchObject({ code: 'unsupported' });
    },
  );
});

describe('many hashes at once', () => {
  /** A hasher whose hashes end when they are told to. */
  const heldHasher = () => {
    const held: (() => void)[] = [];
    const seen = { now: 0, most: 0 };
    const hasher = new PasswordHasher(CHEAP_COST, async () => {
      seen.now += 1;
      seen.most = Math.max(seen.most, seen.now);
      await new Promise<void>(resolve => held.push(resolve));
      seen.now -= 1;
      return Buffer.alloc(32);
    });
    return { hasher, held, seen };
  };

  it('are made two at a time, in the order in which they came, however late they come', async () => {
    const { hasher, held, seen } = heldHasher();
    const done: number[] = [];
    const hash = async (index: number): Promise<void> => {
      await hasher.hash(PASSWORD);
      done.push(index);
    };
    const all = [0, 1, 2, 3, 4].map(hash);
    for (let ended = 0; ended < 10; ended += 1) {
      await new Promise(resolve => setImmediate(resolve));
      expect(held.length).toBe(Math.min(2, 10 - ended));
      held.shift()?.();
      // In the same turn in which a place becomes free.
      if (ended < 5) all.push(hash(5 + ended));
    }
    await Promise.all(all);
    expect(seen.most).toBe(2);
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('are refused where too many wait, and taken again afterwards', async () => {
    const { hasher, held } = heldHasher();
    const hashes = Array.from({ length: 40 }, () => hasher.hash(PASSWORD));
    const settled = Promise.allSettled(hashes);
    for (let ended = 0; ended < 34; ended += 1) {
      await new Promise(resolve => setImmediate(resolve));
      held.shift()?.();
    }
    const refused = (await settled).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(40 - 34);
    expect(refused[0]).toMatchObject({ reason: { code: 'rate_limited', retryable: true } });
    const late = hasher.hash(PASSWORD);
    await new Promise(resolve => setImmediate(resolve));
    held.shift()?.();
    await expect(late).resolves.toMatch(/^\$scrypt/);
  });
});
