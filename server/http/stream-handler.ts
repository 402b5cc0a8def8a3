import type { Answer } from './answer.ts';
import type { Call } from './call.ts';

export function openStream({ server, principal }: Call<'stream'>): Answer {
  return {
    kind: 'stream',
    requireRoom: () => server.streams.requireRoom(principal),
    open: (response, isAllowed) => server.streams.open(response, principal, isAllowed),
  };
}
