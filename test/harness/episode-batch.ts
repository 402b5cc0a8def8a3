import type { Episode, EpisodeChange } from '../../domain/model/episode.ts';
import type { EpisodeBatch } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';

type Kind = EpisodeChange['kind'];
/** A change of this kind with what it needs; `subject` defaults to that of the contract, `end` to open. */
export interface ChangeParts {
  readonly begin: number;
  readonly end?: number;
  readonly rule?: string;
  readonly subject?: string;
  readonly told?: EpisodeChange['liveSteps'];
  readonly live?: boolean;
  /** The other episode of a split or a merger. */
  readonly other?: string;
}

export function episodeOf({ begin, end, rule = 'r', subject = 'S/level' }: ChangeParts): Episode {
  return {
    rule,
    subject,
    begin: epochMs(begin),
    ...(end === undefined ? {} : { end: epochMs(end), ending: 'returned' as const }),
    severity: 'yellow',
    currentSeverity: 'blue',
    steps: [],
    peak: { value: 1.1, t: epochMs(begin) },
    toVerify: false,
    basis: { ruleSet: 1, registry: 2 },
  };
}

export function changeOf(kind: Kind, id: string, parts: ChangeParts): EpisodeChange {
  const { told = [], live = told.length > 0, other = '' } = parts;
  const change = { id, episode: episodeOf(parts), live, liveSteps: told };
  switch (kind) {
    case 'split':
      return { kind, from: other, ...change };
    case 'merged':
      return { kind, into: other, ...change };
    case 'amended':
      return { kind, fields: ['end'], ...change };
    case 'raised':
    case 'withdrawn':
    case 'ended':
      return { kind, ...change };
  }
}

/** A batch with these parts, known at `knownAt`; whatever is absent is empty. */
export function episodeBatch(
  knownAt: number,
  parts: Partial<Omit<EpisodeBatch, 'knownAt'>> = {},
): EpisodeBatch {
  return {
    knownAt: epochMs(knownAt),
    through: { live: 0, backlog: 0 },
    changes: [],
    decisions: [],
    refills: [],
    ...parts,
  };
}
