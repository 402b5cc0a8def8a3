import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';

import { SILENT_LOG } from '../../domain/ports/log.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { Episode } from '../../domain/model/episode.ts';
import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import type { Sample } from '../../rules/sample.ts';
import { basisHistory } from '../../server/alarms/basis-history.ts';
import { RuleKeeper } from '../../server/rules/rule-keeper.ts';
import { SYSTEM_CLOCK } from '../../server/system-clock.ts';
import { DuckdbTelemetry } from '../../storage/duckdb/telemetry-client.ts';
import { createTelemetryStore } from '../../storage/duckdb/telemetry-store.ts';
import { EPISODES_FILE } from '../../storage/sqlite/episodes-schema.ts';
import { SqliteEpisodes } from '../../storage/sqlite/episodes.ts';
import { OperationsClient } from '../../storage/sqlite/operations-client.ts';
import { BasisBook } from '../../watch/basis-book.ts';
import type { TrackBasis } from '../../watch/basis-book.ts';
import { readingOf } from '../../watch/watch-history.ts';
import { episodeContents, mistold } from './told-changes.ts';

/** What a stopped server has found, beside what its rules make of everything it has stored. */
export interface EpisodesAtRest {
  readonly tracks: number;
  /** Believed in: open or ended. */
  readonly episodes: number;
  /** One line for each track whose episodes are others than the definition says. */
  readonly differences: readonly string[];
  /** What is wrong with what was told: a step twice, an identity twice. */
  readonly mistold: readonly string[];
  readonly records: readonly EpisodeRecord[];
}

const EVER = { from: epochMs(0), to: epochMs(9e15), limit: 10_000_000 };

/** Judges every track of a data directory from the beginning and compares. No server may run on it. */
export async function episodesAtRest(dataDir: string): Promise<EpisodesAtRest> {
  const telemetry = new DuckdbTelemetry({ directory: dataDir, log: SILENT_LOG });
  await telemetry.start();
  const store = createTelemetryStore(telemetry.openStore());
  const operations = await OperationsClient.open(dataDir);
  const episodes = new SqliteEpisodes(join(dataDir, EPISODES_FILE));
  try {
    const rules = new RuleKeeper({ store: operations, clock: SYSTEM_CLOCK });
    await rules.load();
    const entries = await basisHistory({
      versions: limit => operations.registryVersions(limit),
      parts: selection => operations.parts(selection),
      ruleSets: rules.kept(),
      now: SYSTEM_CLOCK.now(),
    });
    const book = new BasisBook();
    let tracks: readonly TrackBasis[] = [];
    for (const entry of entries) tracks = book.append(entry);
    const ids = new Map(
      (await store.resume()).datastreams.map(each => [
        `${each.station}/${formatDatastreamName(each)}`,
        each.id,
      ]),
    );
    const records = await episodes.episodes({ limit: 1_000_000 });
    const differences: string[] = [];
    let count = 0;
    for (const { rule, subject, basis } of tracks) {
      const inputs = [...new Set(basis.flatMap(({ plan }) => plan?.inputs.map(({ key }) => key) ?? []))];
      const samples: Sample[] = [];
      for (const input of inputs) {
        const datastream = ids.get(input);
        if (datastream === undefined) continue;
        for (const row of await store.range({ ...EVER, datastream })) samples.push(readingOf(row, input));
      }
      const hearsSilence = basis.some(({ plan }) => (plan?.silencesMs.length ?? 0) > 0);
      const decisions = hearsSilence ? await episodes.decisions({ ...EVER, inputs }) : [];
      for (const decision of decisions) if (decision.kind !== 'signal') samples.push(decision);
      const expected = episodeContents(evaluateSeries({ rule, subject, basis }, samples));
      const found = episodeContents(
        records
          .filter(
            ({ status, episode: { rule: r, subject: s } }) =>
              r === rule && s === subject && isBelieved(status),
          )
          .map(({ episode }) => episode),
      );
      count += found.length;
      if (!isDeepStrictEqual(found, expected)) {
        differences.push(`${rule} ${subject}\n  found    ${short(found)}\n  expected ${short(expected)}`);
      }
    }
    const log = await episodes.changes({ afterSeq: 0, limit: 10_000_000 });
    return {
      tracks: tracks.length,
      episodes: count,
      differences,
      mistold: mistold(log.map(each => each.change)),
      records,
    };
  } finally {
    episodes.close();
    await operations.close();
    store.close();
    await telemetry.stop();
  }
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
