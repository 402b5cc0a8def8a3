import fc from 'fast-check';

import type { EpisodeChange } from '../../domain/model/episode.ts';
import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import type { EpisodeBatch } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { changeOf, episodeBatch } from './episode-batch.ts';

/** Two tracks, each with its own identities. */
export const ARBITRARY_TRACKS = [
  { rule: 'r', subject: 'S/level' },
  { rule: 'q', subject: 'S2/flow.1' },
] as const;

const instant = fc.integer({ min: 0, max: 40 });

const change: fc.Arbitrary<EpisodeChange> = fc
  .record({
    track: fc.constantFrom(...ARBITRARY_TRACKS),
    kind: fc.constantFrom<EpisodeChange['kind']>(
      'raised',
      'split',
      'amended',
      'merged',
      'withdrawn',
      'ended',
    ),
    id: fc.integer({ min: 0, max: 4 }),
    other: fc.integer({ min: 1, max: 4 }),
    begin: instant,
    lasting: fc.option(instant),
    told: fc.subarray([...WARNING_SEVERITIES], { maxLength: 2 }),
    live: fc.boolean(),
  })
  .map(({ track, kind, id, other, begin, lasting, told, live }) =>
    changeOf(kind, `${track.rule}${id}`, {
      ...track,
      begin,
      ...(lasting === null ? {} : { end: begin + lasting }),
      // Never the episode itself.
      other: `${track.rule}${(id + other) % 5}`,
      told,
      live,
    }),
  );

/** Anything that could be told: also of episodes that were never raised, and by a clock that goes back. */
export const arbitraryBatch: fc.Arbitrary<EpisodeBatch> = fc
  .record({
    knownAt: instant,
    changes: fc.array(change, { maxLength: 6 }),
    through: fc.record({ live: fc.nat(9), backlog: fc.nat(9) }, { noNullPrototype: true }),
    decisions: fc.array(
      fc.record(
        {
          kind: fc.constant('silence' as const),
          input: fc.constantFrom('S/level', 'T/level'),
          t: instant.map(epochMs),
          since: instant.map(epochMs),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 2 },
    ),
    refills: fc.array(
      fc.record({ track: fc.constantFrom(...ARBITRARY_TRACKS), from: instant.map(epochMs) }),
      { maxLength: 2 },
    ),
  })
  .map(({ knownAt, refills, ...parts }) =>
    episodeBatch(knownAt, { ...parts, refills: refills.map(({ track, from }) => ({ ...track, from })) }),
  );
