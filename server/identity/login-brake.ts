import type { Clock } from '../../domain/ports/clock.ts';
import { RateLimiter } from '../http/rate-limiter.ts';

/** Wrong passwords that may come at once, and then one each so many seconds. */
const BY_ADDRESS = { burst: 20, everyS: 6 };
const BY_USER = { burst: 10, everyS: 30 };
/** Logins of one address, or of one user, that are looked at together. */
const CONCURRENT = 4;
/** Places people have logged in from that are remembered. */
const KNOWN_PLACES_MAX = 10_000;

/** What became of an attempt; `untried` where the password was compared with nothing. */
export type AttemptEnd = 'right' | 'wrong' | 'untried';

/** A login that may be tried, or how long it has to wait. */
export type Attempt =
  | { readonly kind: 'admitted'; readonly end: (became: AttemptEnd) => void }
  | { readonly kind: 'slowed'; readonly waitMs: number };

/**
 * Slows wrong passwords, by address and by user. A right one costs nothing. Nobody elsewhere can lock a user out: where
 * the user has logged in before, that address has a limit of its own, which guesses from other addresses do not use up.
 */
export class LoginBrake {
  readonly #byAddress: RateLimiter;
  readonly #byUser: RateLimiter;
  readonly #knownPlaces = new Set<string>();

  constructor(clock: Clock) {
    const limiter = ({ burst, everyS }: typeof BY_USER): RateLimiter =>
      new RateLimiter({ clock, requestsPerSecond: 1 / everyS, burst, concurrentPerClient: CONCURRENT });
    this.#byAddress = limiter(BY_ADDRESS);
    this.#byUser = limiter(BY_USER);
  }

  /** An admitted attempt must be ended. */
  begin({ user, address }: { readonly user: string; readonly address: string }): Attempt {
    const place = `place:${address} ${user}`;
    const userKey = this.#knownPlaces.has(place) ? place : `user:${user}`;
    const addressWaitMs = this.#byAddress.acquire(address);
    if (addressWaitMs > 0) return { kind: 'slowed', waitMs: addressWaitMs };
    const userWaitMs = this.#byUser.acquire(userKey);
    if (userWaitMs > 0) {
      // Nothing was guessed, so that others behind the address keep their attempts.
      this.#byAddress.release(address);
      this.#byAddress.refund(address);
      return { kind: 'slowed', waitMs: userWaitMs };
    }
    return {
      kind: 'admitted',
      end: became => {
        this.#byAddress.release(address);
        this.#byUser.release(userKey);
        if (became === 'wrong') return;
        this.#byAddress.refund(address);
        this.#byUser.refund(userKey);
        if (became === 'right') this.#remember(place);
      },
    };
  }

  /** The place used longest ago is forgotten first. */
  #remember(place: string): void {
    this.#knownPlaces.delete(place);
    this.#knownPlaces.add(place);
    if (this.#knownPlaces.size <= KNOWN_PLACES_MAX) return;
    const oldest = this.#knownPlaces.values().next();
    if (oldest.done !== true) this.#knownPlaces.delete(oldest.value);
  }
}
