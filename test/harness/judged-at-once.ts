import { isDeepStrictEqual } from 'node:util';

import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { Episode } from '../../domain/model/episode.ts';
import type { EpisodeRecord, EpisodeStore } from '../../domain/ports/episode-store.ts';
import type { TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import type { Sample } from '../../rules/sample.ts';
import type { TrackBasis } from '../../watch/basis-book.ts';
import { hearsSilence, inputsOf, zonesOf } from '../../watch/track-slot.ts';
import { readingOf } from '../../watch/watch-history.ts';
import { episodeContents } from './told-changes.ts';

const EVER = { from: epochMs(0), to: epochMs(9e15), limit: 10_000_000 };

/** What was found beside what the definition makes of everything stored. */
export interface JudgedAtOnce {
  /** Believed in: open or ended. */
  readonly episodes: number;
  /** One line for each track whose episodes are others than the definition says. */
  readonly differences: readonly string[];
}

/** Judges tracks from the beginning, from all readings and decisions that are kept, and compares with the records. */
export async function judgedAtOnce(kept: {
  readonly tracks: readonly TrackBasis[];
  readonly telemetry: Pick<TelemetryStore, 'resume' | 'range'>;
  readonly episodes: Pick<EpisodeStore, 'decisions'>;
  readonly records: readonly EpisodeRecord[];
}): Promise<JudgedAtOnce> {
  const { tracks, telemetry, episodes, records } = kept;
  const ids = new Map(
    (await telemetry.resume()).datastreams.map(each => [
      `${each.station}/${formatDatastreamName(each)}`,
      each.id,
    ]),
  );
  const differences: string[] = [];
  let count = 0;
  for (const track of tracks) {
    const { rule, subject } = track;
    const inputs = [...inputsOf(track)];
    const samples: Sample[] = [];
    for (const input of inputs) {
      const datastream = ids.get(input);
      if (datastream === undefined) continue;
      for (const row of await telemetry.range({ ...EVER, datastream })) samples.push(readingOf(row, input));
    }
    const [isListening, zones] = [hearsSilence(track), zonesOf(track)];
    const decisions = (await episodes.decisions({ ...EVER, inputs })).filter(decision =>
      decision.kind === 'signal' ? zones.has(decision.zone) : isListening,
    );
    const expected = episodeContents(evaluateSeries(track, [...samples, ...decisions]));
    const found = episodeContents(
      records
        .filter(({ episode, status }) => {
          return episode.rule === rule && episode.subject === subject && isBelieved(status);
        })
        .map(({ episode }) => episode),
    );
    count += found.length;
    if (!isDeepStrictEqual(found, expected)) {
      const missed = expected.filter(each => !found.some(other => isDeepStrictEqual(each, other)));
      const wrong = found.filter(each => !expected.some(other => isDeepStrictEqual(each, other)));
      differences.push(`${rule} ${subject}\n  wrong    ${short(wrong)}\n  missed   ${short(missed)}`);
    }
  }
  return { episodes: count, differences };
}

function isBelieved(status: EpisodeRecord['status']): boolean {
  return status === 'open' || status === 'ended';
}

function short(episodes: readonly Episode[]): string {
  return episodes
    .map(({ begin, end, steps, peak, gaps, toVerify, basis }) =>
      JSON.stringify({ begin, end, steps, peak, gaps, toVerify, basis }),
    )
    .join('\n           ');
}
