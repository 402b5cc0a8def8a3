import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

describe('cursor', () => {
  it('comes back as it went out', () => {
    expect(decodeCursor('latest', encodeCursor('latest', ['站', 'ph.1']))).toEqual(['站', 'ph.1']);
    expect(decodeCursor('quarantine', encodeCursor('quarantine', [7, -1]))).toEqual([7, -1]);
  });

  it.each([
    ['of another list', encodeCursor('stations', ['A'])],
    ['that is no JSON', 'zzzz'],
    ['with another content', Buffer.from('["observations",["x"]]').toString('base64url')],
    ['with more content', Buffer.from('["observations",[1,2]]').toString('base64url')],
    ['with a fraction', Buffer.from('["observations",[1.5]]').toString('base64url')],
  ])('is refused when it is one %s', (_case, cursor) => {
    expect(() => decodeCursor('observations', cursor)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        problems: ['query.cursor: not a cursor of this list'],
      }),
    );
  });
});
