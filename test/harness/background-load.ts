import { afterEach } from 'vitest';

import type { LoadAccount, LoadRecord } from '../../sensors-sim/load/load-account.ts';
import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { runLoad } from '../../sensors-sim/load/run-load.ts';
import { SYSTEM_CLOCK } from './machine-clock.ts';
import { SentReadings } from './acknowledged.ts';
import type { ServerProcess } from './server-process.ts';

/** A fleet that publishes while the test does other things. */
export interface BackgroundLoad {
  readonly sent: SentReadings;
  /** QoS 1 and 2 messages acknowledged so far. */
  readonly acknowledged: () => number;
  /** The newest acknowledged reading of a datastream (`station/property`); undefined before the first. */
  readonly newest: (key: string) => number | undefined;
  /** Ends it without waiting for acknowledgements. */
  readonly stop: () => Promise<LoadAccount>;
  /** Resolves at the end of the plan. */
  readonly finished: Promise<LoadAccount>;
}

export interface BackgroundLoadOptions {
  readonly plan: GivenLoadPlan;
  /** Secrets from an earlier registration; by default the stations are registered. */
  readonly secrets?: ReadonlyMap<string, string>;
  readonly sent?: SentReadings;
  readonly onAcknowledged?: (record: LoadRecord) => void;
}

/** Registers the stations of a plan; answers their secrets. */
export async function registerLoad(
  server: ServerProcess,
  plan: GivenLoadPlan,
): Promise<ReadonlyMap<string, string>> {
  return new Map(Object.entries(await server.register(loadThings(completeLoadPlan(plan)))));
}

/** Answers a function that starts loads; those still running after the test are stopped. */
export function loadStarter(): (
  server: ServerProcess,
  options: BackgroundLoadOptions,
) => Promise<BackgroundLoad> {
  const running = new Set<BackgroundLoad>();
  afterEach(async () => {
    const left = [...running];
    running.clear();
    await Promise.all(left.map(load => load.stop()));
  });
  return async (server, options) => {
    const { plan, sent = new SentReadings() } = options;
    const secrets = options.secrets ?? (await registerLoad(server, plan));
    const newest = new Map<string, number>();
    let acknowledged = 0;
    const enough = new AbortController();
    const finished = runLoad(plan, {
      ...server.addresses.mqtt,
      secrets,
      clock: SYSTEM_CLOCK,
      signal: enough.signal,
      onPublished: sent.published,
      onAcknowledged: record => {
        sent.acknowledged(record);
        acknowledged += 1;
        for (const { p, t } of record.readings) {
          const key = `${record.station}/${p}`;
          newest.set(key, Math.max(newest.get(key) ?? 0, t));
        }
        options.onAcknowledged?.(record);
      },
    });
    const load: BackgroundLoad = {
      sent,
      acknowledged: () => acknowledged,
      newest: key => newest.get(key),
      stop: () => {
        enough.abort();
        return finished;
      },
      finished,
    };
    running.add(load);
    void finished.then(
      () => running.delete(load),
      () => running.delete(load),
    );
    return load;
  };
}
