import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, messageOf } from '../../../domain/errors.ts';
import type { LoadAccount } from '../../../sensors-sim/load/load-account.ts';
import type { GivenLoadPlan } from '../../../sensors-sim/load/load-plan.ts';
import { connectControl } from '../../control/control-client.ts';
import { SYSTEM_CLOCK } from '../../system-clock.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { reachable, registerSimulated } from '../simulated-stations.ts';
import { figure, labelled } from '../text-table.ts';

/** Options that are numbers of the plan, by the field they set. */
const NUMBERS = {
  stations: 'stations',
  readings: 'readingsPerMessage',
  properties: 'properties',
  messages: 'messagesPerStation',
  seed: 'seed',
} as const;

/** Plays stations against the running server. */
export const load: Command = {
  name: 'load',
  summary: 'Put the running server under load: 1 to 20,000 made-up stations over real MQTT.',
  details: [
    'The stations load-00001 … are registered as simulated ones first. The same plan and seed send the same readings.',
    'A plan file may say much more: backlog, duplicates, reordering, corrections, skewed clocks, malformed messages,',
    'flapping connections; docs/how-to/generate-load.md. Options win over the file. Ctrl+C ends it.',
  ],
  options: {
    stations: { value: 'count', description: 'Default 10.', range: [1, 20_000] },
    rate: {
      value: 'rate',
      description: 'Messages per second and station, or max; default 1.',
      pattern: /^(max|(?=.*[1-9])\d{1,6}(\.\d{1,6})?)$/,
    },
    readings: { value: 'count', description: 'Readings per message; default 1.', range: [1, 500] },
    properties: { value: 'count', description: 'Datastreams per station; default 2.', range: [1, 6] },
    messages: {
      value: 'count',
      description: 'Fresh messages per station; default no limit.',
      range: [1, 1e9],
    },
    seconds: {
      value: 'span',
      description: 'How long fresh messages are made; default 10.',
      range: [1, 86_400],
    },
    seed: { value: 'number', description: 'Default 1.', range: [0, 2 ** 31] },
    plan: { value: 'file', description: 'JSON with any fields of the load plan.' },
  },
  run: async call => {
    const { host } = call;
    const client = await connectControl(call.config().dataDir);
    const given = planOf(call);
    const secrets = await registerSimulated(client, await host.parts.loadStations(given));
    const { addresses } = await client.call('status', {});
    const ending = new AbortController();
    const unsubscribe = host.onSignal(() => ending.abort());
    try {
      const account = await host.parts.runLoad(given, {
        host: reachable(addresses.mqtt.host),
        port: addresses.mqtt.port,
        secrets,
        clock: SYSTEM_CLOCK,
        signal: ending.signal,
      });
      return loadOutcome(account);
    } finally {
      unsubscribe();
    }
  },
};

/** What the file and the options say; whether it makes sense is checked where it is completed. */
function planOf(call: Invocation): GivenLoadPlan {
  const plan: Record<string, unknown> = { ...fileOf(call) };
  for (const [option, field] of Object.entries(NUMBERS)) {
    const value = call.number(option);
    if (value !== undefined) plan[field] = value;
  }
  const seconds = call.number('seconds');
  if (seconds !== undefined) plan['durationMs'] = seconds * 1_000;
  const rate = call.text('rate');
  if (rate !== undefined) plan['ratePerStation'] = rate === 'max' ? 'max' : Number(rate);
  return plan;
}

function fileOf(call: Invocation): Record<string, unknown> {
  const path = call.text('plan');
  if (path === undefined) return {};
  try {
    const text = readFileSync(resolve(call.host.workingFolder, path), 'utf8');
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('invalid_request', `The plan ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function loadOutcome(account: LoadAccount): Outcome {
  const { acknowledged, unacknowledged, refusals, latency, elapsedMs } = account;
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
  return {
    data: account,
    lines: [
      ...labelled([
        ['stations', figure(account.stations)],
        [
          'acknowledged',
          `${figure(acknowledged.readings)} readings in ${figure(acknowledged.messages)} messages`,
        ],
        ['not acknowledged', `${figure(unacknowledged.messages)} messages`],
        ['connections lost', figure(account.losses)],
        ['connections refused', figure(refused)],
        [
          'publish to PUBACK',
          `p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms, longest ${latency.maxMs.toFixed(1)} ms`,
        ],
        ['time', `${(elapsedMs / 1_000).toFixed(1)} s`],
      ]),
      'Where the readings went: ww ledger',
    ],
    failed: unacknowledged.messages > 0 || account.notTaken > 0,
  };
}
