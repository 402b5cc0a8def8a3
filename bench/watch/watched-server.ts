import { join } from 'node:path';

import { EPISODES_FILE } from '../../storage/sqlite/episodes-schema.ts';
import { Database } from '../../storage/sqlite/database.ts';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import { connectControl } from '../../server/control/control-client.ts';
import type { GatewaySpec, StationSpec } from '../../domain/model/registry.ts';
import { StationFeed } from '../load/station-feed.ts';
import type { FeedTarget } from '../load/station-feed.ts';
import { serverMetrics } from '../server-metrics.ts';
import { until } from '../wait.ts';

const PATIENCE_MS = 1_800_000;
const POLL_MS = 20;

/** A load generator that speaks for stations through their gateways. */
export async function connectedFeed(
  port: number,
  gateways: readonly GatewaySpec[],
  { secrets, wet }: { readonly secrets: Readonly<Record<string, string>>; readonly wet: FeedTarget['wet'] },
): Promise<StationFeed> {
  const feed = new StationFeed();
  const lines = gateways.map(({ id, stations }) => ({ id, secret: secrets[id] ?? '', stations }));
  await feed.connect({ port, lines, wet });
  return feed;
}

/** The first so many of them stand under water. */
export function wetOf(stations: readonly StationSpec[], count: number): readonly string[] {
  return stations.slice(0, count).map(({ id }) => id);
}

/** Resolves once so many readings were accepted since the start and no track waits for its history. */
export async function watched(folder: string, httpPort: number, readings: number): Promise<void> {
  const control = await connectControl(folder);
  await until(
    'the readings to be accepted',
    async () => ((await control.call('status', {})).ingest.acceptedReadings >= readings ? true : undefined),
    { timeoutMs: PATIENCE_MS, intervalMs: POLL_MS },
  );
  await reaches(httpPort, 'ww_watch_opening', 0);
}

/** Resolves once a gauge has that value. */
export async function reaches(httpPort: number, name: string, value: number): Promise<void> {
  await until(
    `${name} to be ${value}`,
    async () => ((await serverMetrics(httpPort)).get(name) === value ? true : undefined),
    { timeoutMs: PATIENCE_MS, intervalMs: POLL_MS },
  );
}

/** What the log of the episodes says, and what must never stand in it. */
export interface EpisodeLogAudit {
  readonly open: number;
  readonly absences: number;
  /** Steps that were told twice under one identity. */
  readonly repeated: number;
  readonly outages: number;
}

export function openEpisodes(folder: string): Database {
  return new Database(join(folder, EPISODES_FILE), { queryOnly: true, busyTimeoutMs: 5_000, keepLog: true });
}

export function auditEpisodes(folder: string): EpisodeLogAudit {
  const db = openEpisodes(folder);
  try {
    const count = (sql: string): number => db.get<{ n: number }>(sql)?.n ?? 0;
    const told = new Set<string>();
    let repeated = 0;
    for (const { body } of db.all<{ body: string }>('SELECT body FROM episode_change ORDER BY seq')) {
      const { id, liveSteps } = JSON.parse(body) as EpisodeChange;
      for (const step of liveSteps) {
        const key = `${id} ${step}`;
        if (told.has(key)) repeated += 1;
        told.add(key);
      }
    }
    return {
      open: count("SELECT count(*) AS n FROM episode WHERE status = 'open'"),
      absences: count("SELECT count(*) AS n FROM episode WHERE rule LIKE 'absent-%'"),
      outages: count("SELECT count(*) AS n FROM decision WHERE kind = 'outage'"),
      repeated,
    };
  } finally {
    db.close();
  }
}
