import { join } from 'node:path';

import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
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
import { judgedAtOnce } from './judged-at-once.ts';
import type { JudgedAtOnce } from './judged-at-once.ts';
import { mistold } from './told-changes.ts';

/** What a stopped server has found, beside what its rules make of everything it has stored. */
export interface EpisodesAtRest extends JudgedAtOnce {
  readonly tracks: number;
  /** What is wrong with what was told: a step twice, an identity twice. */
  readonly mistold: readonly string[];
  readonly records: readonly EpisodeRecord[];
}

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
    const records = await episodes.episodes({ limit: 1_000_000 });
    const judged = await judgedAtOnce({ tracks, telemetry: store, episodes, records });
    const log = await episodes.changes({ afterSeq: 0, limit: 10_000_000 });
    return {
      tracks: tracks.length,
      ...judged,
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
