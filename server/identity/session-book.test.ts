import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { sha256Hex } from './secret.ts';
import { SESSION_LIMITS, SessionBook, endOf } from './session-book.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

function opened() {
  const clock = new ManualClock();
  const book = new SessionBook(clock);
  const { token, session } = book.create('li');
  book.put(session);
  return { clock, book, token, session };
}

describe('a session', () => {
  it('has a token of 256 random bits, of which only the hash is kept', () => {
    const { book, token, session } = opened();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(session.tokenSha256).toBe(sha256Hex(token));
    expect(JSON.stringify(session)).not.toContain(token);
    expect(book.create('li').token).not.toBe(token);
  });

  it('is not found before it is put, nor by another token, nor after it was removed', () => {
    const { book, token, session } = opened();
    const next = book.create('li');
    expect(book.find(next.token)).toBeUndefined();
    expect(book.find(session.tokenSha256)).toBeUndefined();
    expect(book.find(token)).toEqual(session);
    book.remove([session.tokenSha256]);
    expect(book.find(token)).toBeUndefined();
    expect(book.touch(session)).toBeUndefined();
  });

  it('ends after twelve hours without use', () => {
    const { clock, book, token } = opened();
    clock.advance(12 * HOUR - 1);
    expect(book.find(token)).toBeDefined();
    clock.advance(1);
    expect(book.find(token)).toBeUndefined();
    expect(book.ended()).toHaveLength(1);
  });

  it('ends after seven days, however much it is used', () => {
    const { clock, book, token } = opened();
    let hours = 0;
    for (let session = book.find(token); session !== undefined; session = book.find(token)) {
      book.touch(session);
      clock.advance(HOUR);
      hours += 1;
    }
    expect(hours).toBe(7 * 24);
  });

  it('is written at most once in five minutes of use', () => {
    const { clock, book, session } = opened();
    let writes = 0;
    for (let second = 0; second < 3_600; second += 1) {
      clock.advance(1_000);
      if (book.touch(session) !== undefined) writes += 1;
    }
    expect(writes).toBe(12);
  });

  it('is written with a clock that was set back, so that it does not last longer for it', () => {
    const { clock, book, token, session } = opened();
    clock.set(epochMs(clock.now() - 48 * HOUR));
    expect(book.find(token)).toBeDefined();
    expect(book.touch(session)?.lastSeenAt).toBe(clock.now());
    clock.advance(12 * HOUR);
    expect(book.find(token)).toBeUndefined();
  });

  it('lists those of one user, the oldest login first', () => {
    const { clock, book, session } = opened();
    clock.advance(1);
    const second = book.create('li').session;
    book.put(book.create('wang').session);
    book.put(second);
    expect(book.of('li')).toEqual([session, second]);
  });

  it('that is read from disk again ends at most the lag earlier, never later', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 * HOUR }), { maxLength: 40 }), pauses => {
        const { clock, book, token, session } = opened();
        let written = session;
        for (const pause of pauses) {
          clock.advance(pause);
          const found = book.find(token);
          if (found === undefined) break;
          written = book.touch(found) ?? written;
        }
        const inMemory = book.of('li')[0] ?? session;
        const lag = endOf(inMemory) - endOf(written);
        expect(lag).toBeGreaterThanOrEqual(0);
        expect(lag).toBeLessThan(5 * MINUTE);
        expect(endOf(inMemory)).toBeLessThanOrEqual(session.openedAt + SESSION_LIMITS.absoluteMs);
        // Whatever happened, nobody is let in at or after the end.
        clock.set(endOf(inMemory));
        expect(book.find(token)).toBeUndefined();
      }),
    );
  });
});
