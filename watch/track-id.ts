import type { TrackKey } from '../domain/ports/episode-store.ts';

/** One text for a rule and a subject; neither holds a space. */
export function trackId({ rule, subject }: TrackKey): string {
  return `${rule} ${subject}`;
}
