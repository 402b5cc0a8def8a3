/** What is believed about our own clock. */
export type ClockTrust = 'trusted' | 'watching' | 'suspect';

/** What to do with the messages held so far. */
export type ClockVerdict = 'none' | 'devices_wrong' | 'ours_wrong' | 'ours_right_again';

/** More than this share of the stations being "future" at once accuses our clock, not theirs (DESIGN section 4). */
const SUSPICIOUS_SHARE = 0.2;
/** Fewer stations than this accuse nobody. */
const FEWEST_STATIONS = 5;
/** How long messages wait for other stations to speak. */
const WATCH_MS = 5_000;

/**
 * Tells a wrong device clock from a wrong clock of ours. The first future message opens a watch of a few seconds in
 * which the stations that speak are counted, future or not; messages that look future wait for its end. While our
 * clock is suspect they keep waiting, and one window in which the future ones are few again ends it.
 */
export class ClockGuard {
  #trust: ClockTrust = 'trusted';
  #windowStart = 0;
  readonly #heard = new Set<string>();
  readonly #future = new Set<string>();

  get trust(): ClockTrust {
    return this.#trust;
  }

  /** Tells of a live message. @param atMs monotonic milliseconds */
  observe(station: string, future: boolean, atMs: number): void {
    if (this.#trust === 'trusted') {
      if (!future) return;
      this.#open('watching', atMs);
    }
    this.#heard.add(station);
    if (future) this.#future.add(station);
  }

  /** Ends the window where its time is up. Call regularly, also when nothing arrives. */
  poll(atMs: number): ClockVerdict {
    if (this.#trust === 'trusted' || atMs - this.#windowStart < WATCH_MS) return 'none';
    const accused =
      this.#heard.size >= FEWEST_STATIONS && this.#future.size > this.#heard.size * SUSPICIOUS_SHARE;
    if (this.#trust === 'watching') {
      this.#open(accused ? 'suspect' : 'trusted', atMs);
      return accused ? 'ours_wrong' : 'devices_wrong';
    }
    // Silence proves nothing: a suspect clock is trusted again only on the word of enough stations. Where they speak
    // seldom the window stays open until enough of them did.
    if (this.#heard.size < FEWEST_STATIONS) return 'none';
    this.#open(accused ? 'suspect' : 'trusted', atMs);
    return accused ? 'none' : 'ours_right_again';
  }

  #open(trust: ClockTrust, atMs: number): void {
    this.#trust = trust;
    this.#windowStart = atMs;
    this.#heard.clear();
    this.#future.clear();
  }
}
