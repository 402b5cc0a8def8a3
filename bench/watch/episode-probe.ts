import { setTimeout as sleep } from 'node:timers/promises';

import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import type { DeviceLink } from '../../sensors-sim/device/link.ts';
import type { Database } from '../../storage/sqlite/database.ts';

export interface ProbeResult {
  /** From the publish call to the row in the log of the episodes, as a second connection sees it; milliseconds. */
  readonly spansMs: readonly number[];
  /** Probes without an answer. */
  readonly lost: number;
}

const POLL_MS = 2;
/** One probe and one return; every station is probed again once all others were. */
const PERIOD_MS = 20;
const PATIENCE_MS = 60_000;
const WET_M = 0.25;

/**
 * Raises alarms on purpose: a dry road, then one under water, again and again on many stations, through one connection
 * of this process. The time between is that of one clock.
 */
export class EpisodeProbe {
  readonly #link: DeviceLink;
  readonly #stations: readonly string[];
  readonly #db: Database;
  readonly #sent = new Map<string, number>();
  #seq: number;
  #turn = 0;

  constructor(options: {
    readonly link: DeviceLink;
    readonly stations: readonly string[];
    readonly db: Database;
  }) {
    this.#link = options.link;
    this.#stations = options.stations;
    this.#db = options.db;
    this.#seq =
      this.#db.get<{ last: number | null }>('SELECT max(seq) AS last FROM episode_change')?.last ?? 0;
  }

  /** Probes until that resolves and at least so many were sent, then waits for the answers. */
  async probe(least: number, until: Promise<unknown>): Promise<ProbeResult> {
    const end = new AbortController();
    const over = until.finally(() => end.abort());
    // Awaited below.
    over.catch(() => undefined);
    const spansMs: number[] = [];
    let sent = 0;
    let nextMs = performance.now();
    while (!end.signal.aborted || sent < least) {
      const now = performance.now();
      if (now >= nextMs) {
        this.#publishPair();
        sent += 1;
        // After a pause of this process it does not catch up: that would be another load.
        nextMs = Math.max(nextMs + PERIOD_MS, now);
      }
      this.#collect(spansMs);
      await sleep(POLL_MS);
    }
    await over;
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#sent.size > 0 && performance.now() < deadline) {
      this.#collect(spansMs);
      await sleep(POLL_MS);
    }
    const lost = this.#sent.size;
    this.#sent.clear();
    return { spansMs, lost };
  }

  /** One station gets wet; one that was wet half a round ago is dry again. */
  #publishPair(): void {
    const count = this.#stations.length;
    const wet = this.#stations[this.#turn % count] ?? '';
    const dry = this.#stations[(this.#turn + Math.floor(count / 2)) % count] ?? '';
    this.#turn += 1;
    const t = Date.now();
    this.#sent.set(`${wet}/ponding_depth ${t}`, performance.now());
    this.#publish(wet, t, WET_M);
    this.#publish(dry, t, 0);
  }

  #publish(station: string, t: number, v: number): void {
    const payload = encodeObservations({ sent: t, obs: [{ p: 'ponding_depth', t, v }] });
    const topic = `ww/v1/${station}/obs`;
    this.#link.publish({ topic, payload, qos: 1, retain: false }, () => undefined);
  }

  #collect(spansMs: number[]): void {
    const rows = this.#db.all<{ seq: number; body: string }>(
      'SELECT seq, body FROM episode_change WHERE seq > ? ORDER BY seq LIMIT 1000',
      [this.#seq],
    );
    const now = performance.now();
    for (const { seq, body } of rows) {
      this.#seq = seq;
      const { kind, episode } = JSON.parse(body) as EpisodeChange;
      const key = `${episode.subject} ${episode.begin}`;
      const sentMs = this.#sent.get(key);
      if (kind !== 'raised' || episode.rule !== 'ponding' || sentMs === undefined) continue;
      this.#sent.delete(key);
      spansMs.push(now - sentMs);
    }
  }
}
