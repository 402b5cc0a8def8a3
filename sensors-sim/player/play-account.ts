import type { EpochMs } from '../../domain/time/instant.ts';
import type { Behaviour } from '../scenario/behaviour-kinds.ts';
import { ExpectedOutcome } from './expected-outcome.ts';
import type { OutcomeCounts } from './expected-outcome.ts';
import type { SimulatedSend } from './simulated-step.ts';

/** What a play has sent, to be compared with the ledger. */
export interface PlayAccount {
  readonly stations: number;
  /** The simulated time that was played. */
  readonly from: EpochMs | undefined;
  readonly to: EpochMs | undefined;
  readonly messages: {
    readonly obs: number;
    readonly backlog: number;
    /** What devices said of themselves while connected. */
    readonly status: number;
    /** Sent and never acknowledged: the play was ended early, or the server refuses the station. */
    readonly unacknowledged: number;
  };
  /** Acknowledged readings, repeats included. */
  readonly readings: number;
  /** Connections that were cut: the server publishes the last will of each. */
  readonly cuts: number;
  /** Readings that the devices themselves lost and never sent. */
  readonly lostInDevices: number;
  /** Acknowledged messages that a behaviour had its hand in, by its kind. */
  readonly affected: Readonly<Partial<Record<Behaviour['kind'], number>>>;
  /** Absent for a play without an end: it would remember every reading. */
  readonly expected?: OutcomeCounts;
  /** CONNACK return code by station that the server does not accept. */
  readonly refusedStations: Readonly<Record<string, number>>;
  readonly aborted: boolean;
  readonly elapsedMs: number;
}

/** Adds up what happens in a play. */
export class PlayBookkeeping {
  readonly #affected: Partial<Record<Behaviour['kind'], number>> = {};
  readonly #expected: ExpectedOutcome | undefined;
  readonly #messages = { obs: 0, backlog: 0, status: 0 };
  readonly #refusedStations: Record<string, number> = {};
  #readings = 0;
  #from: EpochMs | undefined;
  #to: EpochMs | undefined;
  cuts = 0;
  lostInDevices = 0;

  constructor(options: { readonly foretells: boolean }) {
    this.#expected = options.foretells ? new ExpectedOutcome() : undefined;
  }

  played(at: EpochMs): void {
    this.#from ??= at;
    this.#to = at;
  }

  statusAcknowledged(): void {
    this.#messages.status += 1;
  }

  /** @param channel where it went: what waited long for a connection went to the backlog */
  acknowledged(send: SimulatedSend, channel: 'obs' | 'backlog', now: EpochMs): void {
    this.#messages[channel] += 1;
    this.#readings += send.message.obs.length;
    for (const kind of send.behaviours) this.#affected[kind] = (this.#affected[kind] ?? 0) + 1;
    this.#expected?.take(send, now);
  }

  refused(station: string, returnCode: number): void {
    this.#refusedStations[station] = returnCode;
  }

  get readings(): number {
    return this.#readings;
  }

  account(
    rest: Pick<PlayAccount, 'stations' | 'aborted' | 'elapsedMs'> & { readonly unacknowledged: number },
  ): PlayAccount {
    const { unacknowledged, ...others } = rest;
    return {
      ...others,
      from: this.#from,
      to: this.#to,
      messages: { ...this.#messages, unacknowledged },
      readings: this.#readings,
      cuts: this.cuts,
      lostInDevices: this.lostInDevices,
      affected: this.#affected,
      ...(this.#expected === undefined ? {} : { expected: this.#expected.counts() }),
      refusedStations: this.#refusedStations,
    };
  }
}
