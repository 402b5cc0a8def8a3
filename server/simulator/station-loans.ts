import { randomUUID } from 'node:crypto';

import { AppError, messageOf } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { RegistryView } from '../../domain/ports/identity.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SECOND_MS, durationMs } from '../../domain/time/instant.ts';
import type { Principal } from '../principal.ts';
import type { CredentialBook } from '../identity/credential-book.ts';
import { Turns } from '../identity/turns.ts';

/** Why a station is not lent. A real device has the secret of one that was ever enrolled. */
export type LoanRefusal = 'not_registered' | 'not_simulated' | 'enrolled';

export interface StationLoan {
  /** Names the loan, to renew it and to end it. */
  readonly loan: string;
  /** The loan ends by itself where it is not renewed for this long, milliseconds. */
  readonly leaseMs: number;
  /** By station. They hold as long as the loan does. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, LoanRefusal>>;
}

/** Lends simulated stations, to be played from outside. Nothing of it is durable. */
export interface StationLending {
  /** Whoever had borrowed one of the stations before loses it and is disconnected. */
  lend(principal: Principal, ids: readonly string[]): Promise<StationLoan>;
  /** Answers how many stations it still holds. Rejects with `not_found` for a loan that has ended. */
  renew(loan: string): Promise<{ readonly stations: number }>;
  /** Ends a loan; the built-in simulator, where it is on, goes on. None came back from one that had ended. */
  giveBack(principal: Principal, loan: string): Promise<{ readonly returned: number }>;
}

/** Who plays the stations that nobody has borrowed. */
export interface HomePlayer {
  /** Resolves when the stations have said goodbye. They are not touched again until `resume`. */
  release(ids: readonly ThingId[]): Promise<void>;
  /** Plays those again that are its own. */
  resume(ids: readonly ThingId[]): Promise<void>;
}

/** What `Administration` has of it. */
interface LendableThings {
  readonly registry: Pick<RegistryView, 'current'>;
  readonly credentials: Pick<CredentialBook, 'enrolled' | 'lend' | 'endLoan'>;
  note(principal: Principal, action: string, subject: string): Promise<void>;
}

/** Long enough for a borrower that is busy, short enough that a killed one leaves no gap to speak of. */
const LEASE_MS = durationMs(30 * SECOND_MS);

interface OpenLoan {
  readonly id: string;
  readonly stations: Set<ThingId>;
  cancelLapse: () => void;
}

/** Its calls run one after the other. */
export class StationLoans implements StationLending {
  readonly #administration: LendableThings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #turns = new Turns();
  /** Those that can be renewed. */
  readonly #open = new Map<string, OpenLoan>();
  readonly #byStation = new Map<string, OpenLoan>();
  #player: HomePlayer | undefined;

  constructor(options: {
    readonly administration: LendableThings;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#administration = options.administration;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  playedBy(player: HomePlayer): void {
    this.#player = player;
  }

  isLent(id: string): boolean {
    return this.#byStation.has(id);
  }

  lend(principal: Principal, ids: readonly string[]): Promise<StationLoan> {
    return this.#turns.take(async () => {
      const refused: Record<string, LoanRefusal> = {};
      const wanted: ThingId[] = [];
      for (const id of new Set(ids)) {
        const refusal = this.#refusalOf(id);
        if (refusal === undefined) wanted.push(id as ThingId);
        else refused[id] = refusal;
      }
      await this.#player?.release(wanted);
      const loan: OpenLoan = { id: randomUUID(), stations: new Set(), cancelLapse: () => undefined };
      this.#open.set(loan.id, loan);
      const secrets: Record<string, string> = {};
      for (const id of wanted) {
        const secret = this.#handOver(id, loan);
        if (secret === undefined) refused[id] = 'enrolled';
        else secrets[id] = secret;
      }
      this.#extend(loan);
      await this.#administration.note(principal, 'station.lend', `${loan.stations.size} stations`);
      return { loan: loan.id, leaseMs: LEASE_MS, secrets, refused };
    });
  }

  renew(id: string): Promise<{ readonly stations: number }> {
    const loan = this.#open.get(id);
    if (loan === undefined) return Promise.reject(new AppError('not_found', 'The loan has ended.'));
    this.#extend(loan);
    return Promise.resolve({ stations: loan.stations.size });
  }

  giveBack(principal: Principal, id: string): Promise<{ readonly returned: number }> {
    return this.#turns.take(async () => {
      const loan = this.#open.get(id);
      if (loan === undefined) return { returned: 0 };
      const returned = loan.stations.size;
      await this.#end(loan);
      await this.#administration.note(principal, 'station.return', `${returned} stations`);
      return { returned };
    });
  }

  /** Forgets the leases; what is lent stays lent. */
  stop(): void {
    for (const { cancelLapse } of this.#open.values()) cancelLapse();
  }

  #refusalOf(id: string): LoanRefusal | undefined {
    const { registry, credentials } = this.#administration;
    const thing = registry.current().things.get(id);
    if (thing === undefined) return 'not_registered';
    if (thing.kind !== 'station' || thing.simulated !== true) return 'not_simulated';
    return credentials.enrolled(id) === undefined ? undefined : 'enrolled';
  }

  #handOver(id: ThingId, loan: OpenLoan): string | undefined {
    const former = this.#byStation.get(id);
    // Before the secret changes: whoever hears of that asks here whose station it is.
    this.#byStation.set(id, loan);
    const secret = this.#administration.credentials.lend(id, this.#clock.now());
    if (secret === undefined) this.#byStation.delete(id);
    else loan.stations.add(id);
    former?.stations.delete(id);
    if (former?.stations.size === 0) this.#close(former);
    return secret;
  }

  #extend(loan: OpenLoan): void {
    loan.cancelLapse();
    loan.cancelLapse = this.#clock.after(LEASE_MS, () => this.#lapse(loan));
  }

  #lapse(loan: OpenLoan): void {
    // Closed at once, so that nobody renews what is about to end.
    this.#close(loan);
    this.#log.info('A loan of stations was not renewed and has ended.', { stations: loan.stations.size });
    void this.#turns
      .take(() => this.#end(loan))
      .catch((error: unknown) => {
        this.#log.error('Stations that were lent do not come back.', { error: messageOf(error) });
      });
  }

  #close(loan: OpenLoan): void {
    loan.cancelLapse();
    this.#open.delete(loan.id);
  }

  async #end(loan: OpenLoan): Promise<void> {
    this.#close(loan);
    const stations = [...loan.stations];
    loan.stations.clear();
    for (const id of stations) {
      this.#administration.credentials.endLoan(id);
      this.#byStation.delete(id);
    }
    await this.#player?.resume(stations);
  }
}
