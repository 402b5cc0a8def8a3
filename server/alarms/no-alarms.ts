import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
import type { AlarmService, WatchingRule } from './alarm-service.ts';

const BOARD: ReadonlyMap<string, EpisodeRecord> = new Map();
const JUDGED: ReadonlySet<string> = new Set();
const RULES: ReadonlyMap<string, WatchingRule> = new Map();

/** Where no rule watches: nothing is judged, so that every point is `unknown`. */
export const NO_ALARMS: AlarmService = {
  board: () => BOARD,
  revision: 0,
  judged: () => JUDGED,
  gaps: () => [],
  rules: () => RULES,
  list: () => Promise.resolve([]),
  find: () => Promise.resolve(undefined),
  changes: () => Promise.resolve([]),
  why: () => Promise.resolve(undefined),
};
