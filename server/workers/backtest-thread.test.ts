import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { DuckdbTelemetry } from '../../storage/duckdb/telemetry-client.ts';
import { EpisodesClient } from '../../storage/sqlite/episodes-client.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { parseRuleText } from '../rules/rule-files.ts';
import type { BacktestJob } from '../rules/run-backtest.ts';
import { siteViewOf } from '../rules/site-view.ts';
import { BacktestThreads } from './backtest-thread.ts';

const ruleSet = (version: number) => parseRuleText({ name: 'r', text: ruleSetText({ version }) });
const TO = epochMs(1_790_000_000_000);
const JOB: BacktestJob = {
  inForce: ruleSet(1),
  next: ruleSet(2),
  site: siteViewOf([], 1),
  datastreams: [],
  period: { from: epochMs(TO - DAY_MS), to: TO },
  hindsight: true,
};

describe('BacktestThreads', () => {
  const temporary = temporaryFolder();
  let telemetry: DuckdbTelemetry;
  let episodes: EpisodesClient;
  let threads: BacktestThreads;

  beforeEach(async () => {
    telemetry = new DuckdbTelemetry({ directory: temporary.path });
    episodes = new EpisodesClient({ directory: temporary.path });
    await telemetry.start();
    await episodes.start();
    threads = new BacktestThreads(() => ({ store: telemetry.openStore(), episodes: episodes.openStore() }));
  });
  afterEach(async () => {
    await threads.stop();
    await episodes.stop();
    await telemetry.stop();
  });

  it('runs one after the other over the stores', async () => {
    const reports = await Promise.all([threads.run(JOB), threads.run(JOB)]);
    expect(reports).toMatchObject([
      { isHeard: false, inForce: { version: 1 }, next: { version: 2, hindsight: { episodes: 0 } } },
      { isHeard: false },
    ]);
  });

  it('passes on what went wrong, and runs the next one', async () => {
    const broken = { ...JOB, datastreams: undefined } as unknown as BacktestJob;
    await expect(threads.run(broken)).rejects.toMatchObject({ code: 'worker_failed' });
    await expect(threads.run(JOB)).resolves.toMatchObject({ isHeard: false });
  });

  it('ends what runs and what waits when it is stopped', async () => {
    const outcomes = [threads.run(JOB), threads.run(JOB)].map(run => run.catch((error: unknown) => error));
    await threads.stop();
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ code: 'shutting_down' });
    await threads.stop();
  });
});
