import type { BenchPart } from '../part.ts';
import { rounded } from '../statistics.ts';
import { ingestCost } from '../watch/ingest-cost.ts';
import { qualityCost } from '../watch/quality-cost.ts';
import { ruleCost } from '../watch/rule-cost.ts';
import { watchLatency } from '../watch/watch-latency.ts';
import { watchRestart } from '../watch/watch-restart.ts';

const READY_MS = 5_000;

/** The rules on the stream: how they come back, how soon they tell, and what they cost. */
export const watch: BenchPart = {
  name: 'watch',
  summary:
    'rules on the stream: restart with open episodes, publish to durable episode, CPU per reading of rules and quality tests',
  run: async context => {
    const restart = await watchRestart(context);
    const latency = await watchLatency(context);
    const rules = ruleCost(context);
    const quality = qualityCost(context);
    const ingest = await ingestCost(context);
    return {
      tables: [restart.table, restart.findings, latency, rules, quality, ingest],
      targets: [
        {
          target: `ready with open episodes in at most ${READY_MS} ms`,
          measured: `${rounded(restart.worstReadyMs)} ms at worst`,
          met: restart.worstReadyMs <= READY_MS,
        },
        {
          target: 'no absence, no repeated telling and no lost alarm by a restart',
          measured: `${restart.wrong}`,
          met: restart.wrong === 0,
        },
      ],
      notes: [],
    };
  },
};
