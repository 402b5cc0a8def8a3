import { randomBytes } from 'node:crypto';

import type { Clock } from '../../domain/ports/clock.ts';
import type { Session } from '../../domain/ports/operations.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { sha256Hex } from './secret.ts';

/** How long a session lasts, milliseconds, and how many one user may have. */
export const SESSION_LIMITS = {
  /** Since it was last used: longer than a duty of the night. */
  idleMs: 12 * HOUR_MS,
  /** Since the login, however much it is used. */
  absoluteMs: 7 * DAY_MS,
  /** How far the durable "last seen" may lag behind; each write is a commit on disk. */
  seenLagMs: 5 * MINUTE_MS,
  /** A program that logs in again and again ends its own oldest sessions. */
  perUser: 50,
} as const;

const TOKEN_BYTES = 32;

interface Kept {
  session: Session;
  writtenAt: EpochMs;
}

/** The sessions in memory. What it answers is durable or about to be: the caller writes, then tells. */
export class SessionBook {
  readonly #clock: Clock;
  readonly #byHash = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A session that is not yet in the book, with the one copy of its token. */
  create(user: string): { readonly token: string; readonly session: Session } {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.#clock.now();
    return { token, session: { tokenSha256: sha256Hex(token), user, openedAt: now, lastSeenAt: now } };
  }

  /** Takes a session that is durable by now. */
  put(session: Session): void {
    this.#byHash.set(session.tokenSha256, { session, writtenAt: session.lastSeenAt });
  }

  remove(tokenSha256s: readonly string[]): void {
    for (const tokenSha256 of tokenSha256s) this.#byHash.delete(tokenSha256);
  }

  has({ tokenSha256 }: Session): boolean {
    return this.#byHash.has(tokenSha256);
  }

  /** The session of a token; undefined where it is unknown or over. */
  find(token: string): Session | undefined {
    const session = this.#byHash.get(sha256Hex(token))?.session;
    return session === undefined || this.#clock.now() >= endOf(session) ? undefined : session;
  }

  /** Notes that a session is used now; answers it where that should be written. */
  touch({ tokenSha256 }: Session): Session | undefined {
    const kept = this.#byHash.get(tokenSha256);
    if (kept === undefined) return undefined;
    const now = this.#clock.now();
    kept.session = { ...kept.session, lastSeenAt: now };
    // A clock that was set back counts, too: the durable time would lie in the future.
    if (Math.abs(now - kept.writtenAt) < SESSION_LIMITS.seenLagMs) return undefined;
    kept.writtenAt = now;
    return kept.session;
  }

  /** The open and ended sessions of a user, oldest login first. */
  of(user: string): readonly Session[] {
    return [...this.#byHash.values()]
      .map(({ session }) => session)
      .filter(session => session.user === user)
      .sort((a, b) => a.openedAt - b.openedAt);
  }

  /** Hashes of the sessions that are over. */
  ended(): readonly string[] {
    const now = this.#clock.now();
    return [...this.#byHash.values()]
      .filter(({ session }) => now >= endOf(session))
      .map(({ session }) => session.tokenSha256);
  }
}

/** When a session ends if nobody uses it. */
export function endOf({ openedAt, lastSeenAt }: Session): EpochMs {
  return epochMs(Math.min(openedAt + SESSION_LIMITS.absoluteMs, lastSeenAt + SESSION_LIMITS.idleMs));
}
