import { isDeepStrictEqual } from 'node:util';

import { messageOf } from '../../domain/errors.ts';
import type { District } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SECOND_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import { createDistrictSimulator } from '../../sensors-sim/player/district-simulator.ts';
import type {
  DistrictSimulator,
  DistrictSimulatorOptions,
} from '../../sensors-sim/player/district-simulator.ts';
import type { Scenario } from '../../sensors-sim/scenario/scenario.ts';
import type { Administration } from '../identity/administration.ts';
import type { CredentialBook } from '../identity/credential-book.ts';
import type { RegistryBook } from '../identity/registry-book.ts';
import { Turns } from '../identity/turns.ts';
import { awaitIngest, newestByStation } from './newest-readings.ts';
import type { NewestReadingsSource } from './newest-readings.ts';
import type { HomePlayer, StationLoans } from './station-loans.ts';

/** The seed of the demo where no scenario brings its own. */
const DEMO_SEED = 20_260_714;
/** A registry that changes several times in a row is followed once. */
const REGISTRY_SETTLES_MS = durationMs(2 * SECOND_MS);

export interface BuiltInSimulatorOptions {
  readonly parts: {
    readonly administration: Pick<Administration, 'registry' | 'credentials'>;
    readonly loans: Pick<StationLoans, 'isLent' | 'playedBy'>;
  };
  readonly application: NewestReadingsSource;
  readonly mqtt: { readonly host: string; readonly port: number };
  /** Ordinary days without one. */
  readonly scenario: Scenario | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** What plays the stations; for tests. */
  readonly createSimulator?: (options: DistrictSimulatorOptions) => DistrictSimulator;
}

/** What the simulated district is made of. */
interface Played {
  readonly stations: readonly StationSpec[];
  readonly network: Pick<District, 'assets' | 'reaches' | 'flow'>;
}

/**
 * Plays the simulated stations that nobody has enrolled, under credentials lent to itself. It leaves stations to those
 * who borrow them, takes them back afterwards, and begins anew where the registry makes another district of them.
 */
export class BuiltInSimulator implements HomePlayer {
  readonly #options: BuiltInSimulatorOptions;
  readonly #registry: RegistryBook;
  readonly #credentials: CredentialBook;
  readonly #loans: Pick<StationLoans, 'isLent' | 'playedBy'>;
  readonly #turns = new Turns();
  readonly #secrets = new Map<ThingId, string>();
  #simulator: DistrictSimulator | undefined;
  #played: Played | undefined;
  #isStopped = false;
  #cancelFollow: () => void = () => undefined;
  #unsubscribes: readonly (() => void)[] = [];

  constructor(options: BuiltInSimulatorOptions) {
    this.#options = options;
    const { administration, loans } = options.parts;
    this.#registry = administration.registry;
    this.#credentials = administration.credentials;
    this.#loans = loans;
  }

  /** Rejects with `scenario_invalid` where the scenario does not fit the stations. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#loans.playedBy(this);
    this.#unsubscribes = [
      this.#credentials.onRevoked(id => this.#onRevoked(id)),
      this.#registry.onChanged(() => {
        this.#cancelFollow();
        // It never rejects: what goes wrong is logged.
        this.#cancelFollow = clock.after(REGISTRY_SETTLES_MS, () => void this.#follow());
      }),
    ];
    await this.#turns.take(() => this.#begin());
  }

  /** Says offline for every station and disconnects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelFollow();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    await this.#turns.take(async () => await this.#simulator?.stop());
  }

  release(ids: readonly ThingId[]): Promise<void> {
    return this.#turns.take(async () => {
      for (const id of ids) this.#secrets.delete(id);
      const simulator = this.#simulator;
      if (simulator !== undefined) await Promise.all(ids.map(id => simulator.release(id)));
    });
  }

  resume(ids: readonly ThingId[]): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#isStopped || this.#simulator === undefined) return;
      const { application, clock } = this.#options;
      // What the borrower sent last may still be on its way to the store.
      await awaitIngest(application, clock);
      const newest = await newestByStation(application);
      for (const { id } of this.#ownStations().filter(station => ids.includes(station.id))) {
        const secret = this.#secretOf(id);
        if (secret === undefined) continue;
        const after = epochMs(Math.max(clock.now(), newest.get(id) ?? 0));
        this.#simulator.resume(id, { secret, after });
      }
    });
  }

  /** A device was enrolled for the station, or the station was retired: the simulator would only be refused. */
  #onRevoked(id: ThingId): void {
    // It was handed on to the next borrower, and comes back.
    if (this.#loans.isLent(id) && this.#credentials.enrolled(id) === undefined) return;
    if (this.#played !== undefined) {
      const stations = this.#played.stations.filter(station => station.id !== id);
      this.#played = { ...this.#played, stations };
    }
    // The station is silent already; that its goodbye failed changes nothing.
    void this.#simulator?.release(id).catch(() => undefined);
  }

  #follow(): Promise<void> {
    const { log, application, clock } = this.#options;
    return this.#turns
      .take(async () => {
        if (this.#isStopped || isDeepStrictEqual(this.#played, this.#district())) return;
        log.info('The simulated district has changed; the simulator begins anew.');
        this.#played = undefined;
        await this.#simulator?.stop();
        this.#simulator = undefined;
        await awaitIngest(application, clock);
        await this.#begin();
      })
      .catch((error: unknown) => {
        log.error('The simulator cannot play the changed district.', { error: messageOf(error) });
      });
  }

  async #begin(): Promise<void> {
    const { createSimulator = createDistrictSimulator, ...options } = this.#options;
    const { mqtt, scenario, application, clock, log } = options;
    const knownUntil = await newestByStation(application);
    if (this.#isStopped) return;
    const played = this.#district();
    this.#endLoansBut(played.stations);
    for (const { id } of played.stations) this.#secretOf(id);
    const simulator = createSimulator({
      things: played.stations,
      district: this.#registry.district(),
      secrets: new Map(this.#secrets),
      ...mqtt,
      seed: DEMO_SEED,
      ...(scenario === undefined ? {} : { scenario }),
      knownUntil,
      clock,
      log,
    });
    await simulator.start();
    this.#simulator = simulator;
    this.#played = played;
  }

  /** Our own loan of a station; `undefined` where somebody else has borrowed or enrolled it. */
  #secretOf(id: ThingId): string | undefined {
    if (this.#loans.isLent(id)) return undefined;
    const secret = this.#secrets.get(id) ?? this.#credentials.lend(id, this.#options.clock.now());
    if (secret !== undefined) this.#secrets.set(id, secret);
    return secret;
  }

  #endLoansBut(stations: readonly StationSpec[]): void {
    const kept = new Set<string>(stations.map(({ id }) => id));
    for (const id of [...this.#secrets.keys()].filter(own => !kept.has(own))) {
      this.#secrets.delete(id);
      this.#credentials.endLoan(id);
    }
  }

  #district(): Played {
    const { assets, reaches, flow } = this.#registry.district();
    return { stations: this.#ownStations(), network: { assets, reaches, flow } };
  }

  /** Stations that are ours to play, those that are lent included. */
  #ownStations(): readonly StationSpec[] {
    return [...this.#registry.current().things.values()].filter(
      (thing): thing is StationSpec =>
        thing.kind === 'station' &&
        thing.simulated === true &&
        this.#credentials.enrolled(thing.id) === undefined,
    );
  }
}
