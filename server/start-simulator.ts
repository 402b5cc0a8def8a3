import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { createDistrictSimulator } from '../sensors-sim/player/district-simulator.ts';
import type { DistrictSimulator } from '../sensors-sim/player/district-simulator.ts';
import type { Application } from './application.ts';
import type { Administration } from './identity/administration.ts';
import { readScenarioFile } from './scenario-file.ts';

/** The seed of the demo where no scenario brings its own. */
const DEMO_SEED = 20_260_714;

/**
 * Starts the built-in simulator on the simulated stations that nobody has enrolled.
 *
 * @throws AppError `scenario_invalid` where the scenario cannot be played
 */
export async function startSimulator(parts: {
  readonly administration: Administration;
  readonly application: Pick<Application, 'latest'>;
  readonly mqtt: { readonly host: string; readonly port: number };
  /** Path of the scenario file; ordinary days without one. */
  readonly scenario: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<DistrictSimulator> {
  const { administration, application, mqtt, scenario, clock, log } = parts;
  const { credentials, registry } = administration;
  const things = [...registry.current().things.values()];
  const secrets = new Map<string, string>();
  for (const thing of things) {
    if (thing.kind !== 'station' || thing.simulated !== true) continue;
    const secret = credentials.lend(thing.id, clock.now());
    if (secret !== undefined) secrets.set(thing.id, secret);
  }
  const simulator = createDistrictSimulator({
    things,
    district: registry.district(),
    secrets,
    ...mqtt,
    seed: DEMO_SEED,
    ...(scenario === undefined ? {} : { scenario: readScenarioFile(scenario) }),
    knownUntil: await newestByStation(application),
    clock,
    log,
  });
  await simulator.start();
  // Whoever enrols a simulated station has a device for it; the simulator would only be refused from now on.
  credentials.onRevoked(id => void simulator.release(id).catch(() => undefined));
  return simulator;
}

/** A restart must not send what the last run sent: its water was another, and the readings would be corrections. */
async function newestByStation(application: Pick<Application, 'latest'>): Promise<Map<string, EpochMs>> {
  const newest = new Map<string, EpochMs>();
  for (const { station, observation } of await application.latest()) {
    const { t } = observation;
    if (t > (newest.get(station) ?? 0)) newest.set(station, t);
  }
  return newest;
}
