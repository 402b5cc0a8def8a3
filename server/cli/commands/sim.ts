import { AppError } from '../../../domain/errors.ts';
import { districtOf } from '../../../domain/model/district.ts';
import type { StationSpec } from '../../../domain/model/registry.ts';
import type { PlayAccount } from '../../../sensors-sim/player/play-account.ts';
import type { PlayScenarioOptions } from '../../../sensors-sim/player/play-scenario.ts';
import type { Scenario } from '../../../sensors-sim/scenario/scenario.ts';
import { connectControl } from '../../control/control-client.ts';
import type { ControlClient } from '../../control/control-client.ts';
import { scenarioPath } from '../../scenario-path.ts';
import { SYSTEM_CLOCK } from '../../system-clock.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { REFUSAL_TEXTS, withBorrowedStations } from '../borrowed-stations.ts';
import type { BorrowedStations } from '../borrowed-stations.ts';
import { SPEED, speedOf } from '../playing-speed.ts';
import { reachable } from '../simulated-stations.ts';
import { figure, labelled, localTime } from '../text-table.ts';

const DEFAULT_SCENARIO = 'ordinary-day';
/** How often the progress is told, milliseconds. */
const PROGRESS_MS = 2_000;

/** Plays the simulated stations of the district. */
export const sim: Command = {
  name: 'sim',
  summary: 'Play a scenario on the simulated stations of the running server: weather and device trouble.',
  details: [
    'ordinary-day (default), storm-night and device-trouble come with the program; docs/how-to/simulate-a-storm.md.',
    'The stations that nobody has enrolled are borrowed for it; the built-in simulator goes on with them afterwards.',
    'Simulated time never runs ahead of the clock: what lies in the past is caught up at the speed, then it ends, or',
    'follows. Ctrl+C ends it.',
  ],
  options: {
    scenario: { value: 'file|name', description: 'What to play.' },
    seed: { value: 'number', description: 'Instead of the seed of the scenario.', range: [0, 2 ** 31] },
    speed: SPEED,
    follow: { description: 'Go on in real time once the past is caught up, until Ctrl+C.' },
  },
  run: async call => {
    const { host } = call;
    const client = await connectControl(call.config().dataDir);
    const path = scenarioPath(call.text('scenario') ?? DEFAULT_SCENARIO, {
      programFolder: host.program.folder,
      workingFolder: host.workingFolder,
    });
    const seed = call.number('seed');
    const scenario = { ...(await host.parts.readScenario(path)), ...(seed === undefined ? {} : { seed }) };
    const parts = (await client.call('siteParts', {})).parts.map(({ part }) => part);
    const stations = parts.filter(
      (part): part is StationSpec => part.kind === 'station' && part.simulated === true,
    );
    if (stations.length === 0) throw new AppError('invalid_request', 'No station is simulated.');
    const ids = stations.map(({ id }) => id);
    return await withBorrowedStations({ client, ids, clock: SYSTEM_CLOCK }, async borrowed => {
      tellRefused(call, borrowed);
      const stage = { scenario, stations, district: districtOf(parts) };
      return simOutcome(scenario, { account: await play(call, { client, borrowed, stage }), borrowed });
    });
  },
};

async function play(
  call: Invocation,
  parts: {
    readonly client: ControlClient;
    readonly borrowed: BorrowedStations;
    readonly stage: Pick<PlayScenarioOptions, 'scenario' | 'stations' | 'district'>;
  },
): Promise<PlayAccount> {
  const { host } = call;
  const { client, borrowed, stage } = parts;
  const { addresses } = await client.call('status', {});
  const ending = new AbortController();
  const unsubscribe = host.onSignal(() => ending.abort());
  const onLost = (): void => {
    host.err('The stations were lent to somebody else, or the server was started anew: the play ends.\n');
    ending.abort();
  };
  borrowed.lost.addEventListener('abort', onLost);
  let toldAt = host.now();
  try {
    return await host.parts.playScenario({
      ...stage,
      connect: { host: reachable(addresses.mqtt.host), port: addresses.mqtt.port, secrets: borrowed.secrets },
      speed: speedOf(call),
      follow: call.isSet('follow'),
      clock: SYSTEM_CLOCK,
      signal: ending.signal,
      onProgress: ({ at, readings }) => {
        if (host.now() - toldAt < PROGRESS_MS) return;
        toldAt = host.now();
        host.err(`${timeText(at)}: ${figure(readings)} readings acknowledged\n`);
      },
    });
  } finally {
    unsubscribe();
    borrowed.lost.removeEventListener('abort', onLost);
  }
}

function tellRefused({ host }: Invocation, { refused }: BorrowedStations): void {
  const [[id, reason] = [], ...others] = Object.entries(refused);
  if (id === undefined || reason === undefined) return;
  const rest = others.length === 0 ? '' : `, and ${figure(others.length)} more like it`;
  host.err(`Not played: ${id} ${REFUSAL_TEXTS[reason]}${rest}.\n`);
}

function simOutcome(
  scenario: Scenario,
  played: { readonly account: PlayAccount; readonly borrowed: BorrowedStations },
): Outcome {
  const { account, borrowed } = played;
  const { messages, expected, refusedStations, elapsedMs } = account;
  const refused = Object.keys(refusedStations);
  return {
    data: { scenario: scenario.name, seed: scenario.seed, ...account, notLent: borrowed.refused },
    lines: [
      ...labelled([
        ['scenario', `${scenario.nameEn ?? scenario.name}, seed ${scenario.seed}`],
        ['stations', figure(account.stations)],
        ['played', `${timeText(account.from)} to ${timeText(account.to)}`],
        [
          'acknowledged',
          `${figure(account.readings)} readings in ${figure(messages.obs + messages.backlog)} messages, ` +
            `${figure(messages.backlog)} of them backlog`,
        ],
        ['not acknowledged', `${figure(messages.unacknowledged)} messages`],
        ['connections cut', figure(account.cuts)],
        ['lost in devices', `${figure(account.lostInDevices)} readings`],
        ...Object.entries(account.affected).map(
          ([kind, count]) => [`touched by ${kind}`, `${figure(count)} messages`] as const,
        ),
        ...(expected === undefined
          ? []
          : ([
              ['the ledger has more', `${figure(expected.stored)} stored`],
              ['', `${figure(expected.duplicate)} duplicate, ${figure(expected.corrected)} corrected`],
              ['', `${figure(expected.futureMessages)} messages from the future, in quarantine`],
            ] as const)),
        ['time', `${(elapsedMs / 1_000).toFixed(1)} s`],
      ]),
      ...(refused.length === 0
        ? []
        : [`${figure(refused.length)} stations were refused, ${refused[0] ?? ''} first. See: ww ledger`]),
      'Where the readings went: ww ledger',
    ],
    failed: messages.unacknowledged > 0 || refused.length > 0 || borrowed.lost.aborted,
  };
}

function timeText(at: number | undefined): string {
  return at === undefined ? 'nothing' : `${localTime(at)} +08:00`;
}
