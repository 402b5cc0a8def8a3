import type { PublishPacket } from 'aedes';
import { describe, expect, it } from 'vitest';

import { ClientHooks } from './client-hooks.ts';
import type { ClientHooksOptions } from './client-hooks.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { SessionStore } from './session-store.ts';

describe('ClientHooks', () => {
  const topic = 'ww/v1/S-1/status';
  const message = (payload: string, retain = true): PublishPacket => ({
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain,
    dup: false,
  });

  it('retain the status of a thing, in a copy, and nothing that is too large for that', () => {
    const sessions = new SessionStore({
      offlineMessages: 1,
      isGranted: () => false,
      onDropped: () => undefined,
    });
    const hooks = new ClientHooks({ sessions, limits: DEFAULT_LIMITS } as ClientHooksOptions);
    const retained = (): string[] =>
      sessions.retained.matching([topic]).map(({ payload }) => payload.toString());
    const first = message('online');
    hooks.taken(first);
    (first.payload as Buffer).fill(0);
    hooks.taken(message('passing', false));
    hooks.taken(message('x'.repeat(DEFAULT_LIMITS.retainedStatusBytes + 1)));
    expect(retained()).toEqual(['online']);
    hooks.taken(message(''));
    expect(retained()).toEqual([]);
  });
});
