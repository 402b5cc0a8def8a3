import type { Answer } from './answer.ts';
import type { Call } from './call.ts';

export function openStream({ server, principal }: Call<'stream'>): Answer {
  server.streams.requireRoom(principal);
  return {
    kind: 'stream',
    open: (response, isAllowed) => server.streams.open(response, principal, isAllowed),
  };
}
