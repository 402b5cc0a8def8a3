import type { ServerResponse } from 'node:http';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SECOND_MS } from '../../domain/time/instant.ts';
import { NOTHING_SEEN } from '../../ingest/pipeline.ts';
import type { Application, IngestStatus, Principal } from '../application.ts';
import { readinessNow } from '../http/readiness-now.ts';
import type { IngestView } from '../http/response-schemas.ts';
import { scopeOf } from '../http/station-scope.ts';
import type { MetricSample } from '../metrics.ts';
import { Audience } from './audience.ts';
import type { Figures } from './audience.ts';
import { DistrictPicture } from './district-picture.ts';
import { HEARTBEAT, STREAM_PREAMBLE } from './server-sent-event.ts';
import { StreamClient } from './stream-client.ts';

/** How often a stream tells what has changed. */
const TICK_MS = SECOND_MS;
const HEARTBEAT_MS = 15_000;
/** A stream ends this long after its session or token at the latest, with one tick to spare. */
const RECHECK_MS = 25_000;

interface EventStreamOptions {
  readonly application: Application;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: {
    /** Streams that may be open at the same time. */
    readonly streams: number;
    /** Of them, those of one principal. */
    readonly streamsPerPrincipal: number;
    /** What may wait for a client that reads too slowly. */
    readonly streamBufferBytes: number;
  };
}

interface Subscription {
  readonly client: StreamClient;
  /** The id of whoever listens. */
  readonly principal: string;
  readonly audience: Audience;
  readonly isAllowed: () => boolean | Promise<boolean>;
  checkedMs: number;
}

/**
 * Tells its clients the full state of the district and then, once a second, what has changed. The change is computed
 * once for all of them; while nobody listens nothing is computed and no timer is set.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** By scope. */
  readonly #audiences = new Map<string, Audience>();
  #picture: DistrictPicture | undefined;
  #mark = NOTHING_SEEN;
  #figures: Omit<Figures, 'ledger'> | undefined;
  #cancelTick: (() => void) | undefined;
  #beatMs = 0;
  #isDue = false;
  #isServing = false;
  #isFailing = false;
  #lastId = 0;
  #dropped = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** @throws AppError `too_many_streams` */
  requireRoom({ id }: Principal): void {
    const { streams, streamsPerPrincipal } = this.#options.limits;
    let own = 0;
    for (const { principal } of this.#subscriptions) if (principal === id) own += 1;
    if (this.#subscriptions.size < streams && own < streamsPerPrincipal) return;
    throw new AppError('too_many_streams', 'Too many event streams are open.', { retryable: true });
  }

  /**
   * Takes over a response whose head was written, until either side ends it.
   *
   * @param isAllowed whether the sender may still listen; asked again and again
   */
  open(response: ServerResponse, principal: Principal, isAllowed: Subscription['isAllowed']): void {
    const client = new StreamClient(response, {
      bufferBytes: this.#options.limits.streamBufferBytes,
      onSlow: () => {
        this.#dropped += 1;
        this.#options.log.warn('An event stream was cut, since its client did not keep up.', {
          principal: principal.id,
        });
      },
    });
    const subscription: Subscription = {
      client,
      principal: principal.id,
      audience: this.#audienceOf(scopeOf(principal)),
      isAllowed,
      checkedMs: this.#options.clock.monotonicMs(),
    };
    this.#subscriptions.add(subscription);
    subscription.audience.add(client);
    response.once('close', () => this.#leave(subscription));
    client.send([STREAM_PREAMBLE]);
    this.#arm();
    this.#serve();
  }

  /** Ends every stream at once. */
  stop(): void {
    for (const { client } of this.#subscriptions) client.end();
  }

  samples(): readonly MetricSample[] {
    return [
      { name: 'ww_http_streams', value: this.#subscriptions.size },
      { name: 'ww_http_streams_dropped_total', value: this.#dropped },
    ];
  }

  #audienceOf(stations: readonly string[] | undefined): Audience {
    const key = JSON.stringify(stations ?? 'district');
    const known = this.#audiences.get(key);
    if (known !== undefined) return known;
    const audience = new Audience(stations);
    this.#audiences.set(key, audience);
    return audience;
  }

  #leave(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    subscription.audience.remove(subscription.client);
    if (this.#subscriptions.size > 0) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    if (!this.#isServing) this.#rest();
  }

  /** Forgets everything: who comes next begins with a new picture. */
  #rest(): void {
    this.#picture = undefined;
    this.#figures = undefined;
    this.#mark = NOTHING_SEEN;
    this.#audiences.clear();
  }

  #arm(): void {
    if (this.#cancelTick !== undefined) return;
    this.#beatMs = this.#options.clock.monotonicMs();
    const tick = (): void => {
      this.#cancelTick = this.#options.clock.after(TICK_MS, tick);
      this.#beat();
      this.#recheck();
      this.#isDue = true;
      this.#serve();
    };
    this.#cancelTick = this.#options.clock.after(TICK_MS, tick);
  }

  /** Also while the figures cannot be had: the stream itself is alive. */
  #beat(): void {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#beatMs < HEARTBEAT_MS) return;
    this.#beatMs = now;
    for (const { client } of this.#subscriptions) client.send([HEARTBEAT]);
  }

  #recheck(): void {
    const now = this.#options.clock.monotonicMs();
    for (const subscription of this.#subscriptions) {
      if (now - subscription.checkedMs < RECHECK_MS) continue;
      subscription.checkedMs = now;
      void this.#endUnlessAllowed(subscription);
    }
  }

  async #endUnlessAllowed({ isAllowed, client }: Subscription): Promise<void> {
    try {
      if (await isAllowed()) return;
    } catch (error) {
      this.#options.log.error('The right to an event stream could not be checked; the stream was ended.', {
        error: messageOf(error),
      });
    }
    client.end();
  }

  /** Works until everybody was told what is due; one at a time, so that no delta overtakes a state. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    void this.#work()
      .then(() => {
        if (this.#isFailing) this.#options.log.info('The event streams are told changes again.');
        this.#isFailing = false;
      })
      .catch((error: unknown) => {
        // Nobody waits for it any more, as when the server stops in the middle.
        if (this.#subscriptions.size === 0) return;
        // The next tick tries again; whoever waits, waits.
        if (!this.#isFailing) {
          this.#options.log.error('The event streams cannot be told what changes.', {
            error: messageOf(error),
          });
        }
        this.#isFailing = true;
      })
      .finally(() => {
        this.#isServing = false;
        if (this.#subscriptions.size === 0) this.#rest();
      });
  }

  async #work(): Promise<void> {
    while (this.#subscriptions.size > 0) {
      this.#dismiss();
      const waiting = [...this.#audiences.values()].filter(audience => audience.hasNewcomers);
      if (this.#isDue || (this.#picture === undefined && waiting.length > 0)) {
        this.#isDue = false;
        await this.#step();
      } else if (waiting.length > 0) {
        for (const audience of waiting) await this.#greet(audience);
      } else {
        return;
      }
    }
  }

  #dismiss(): void {
    for (const [key, audience] of this.#audiences) if (audience.isEmpty) this.#audiences.delete(key);
  }

  async #step(): Promise<void> {
    const { application } = this.#options;
    const audiences = [...this.#audiences.values()];
    const registry = application.registry();
    const now = application.now();
    const known = this.#picture?.isOf(registry, now) === true ? this.#picture : undefined;
    const [changes, figures, ledgers] = await Promise.all([
      application.changesSince(known === undefined ? NOTHING_SEEN : this.#mark),
      this.#readFigures(),
      Promise.all(audiences.map(audience => this.#ledgerOf(audience))),
    ]);
    const picture = known ?? new DistrictPicture(registry);
    const delta = await picture.step(changes, application, now);
    this.#mark = changes.mark;
    this.#picture = picture;
    this.#figures = figures;
    for (const [index, audience] of audiences.entries()) {
      const ledger = ledgers[index];
      if (ledger === undefined) continue;
      if (known === undefined) audience.beginAnew({ ...figures, ledger });
      else await audience.tell(delta, { ...figures, ledger }, { id: this.#nextId(), now });
    }
  }

  async #greet(audience: Audience): Promise<void> {
    if (this.#picture === undefined || this.#figures === undefined) return;
    if (!audience.hasFigures) {
      audience.begin({ ...this.#figures, ledger: await this.#ledgerOf(audience) });
    }
    await audience.greet(this.#picture, this.#nextId());
  }

  #ledgerOf(audience: Audience): Promise<Ledger> {
    const { application, clock } = this.#options;
    return audience.ledger(application, clock.monotonicMs());
  }

  async #readFigures(): Promise<Omit<Figures, 'ledger'>> {
    const { application } = this.#options;
    const [status, head, readiness] = await Promise.all([
      application.ingestStatus(),
      application.journalHead(),
      readinessNow(application),
    ]);
    return { ingest: ingestView(status, head), readiness };
  }

  /** Grows also over a restart of the server. */
  #nextId(): number {
    this.#lastId = Math.max(this.#lastId + 1, this.#options.application.now());
    return this.#lastId;
  }
}

function ingestView(status: IngestStatus, journalHead: Cursors): IngestView {
  const { committed, taken, latency } = status;
  return {
    clockTrust: status.clockTrust,
    held: status.held,
    acceptedReadings: status.acceptedReadings,
    outstandingReadings: status.outstandingReadings,
    oldestUnstoredMs: status.oldestUnstoredMs,
    journalHead,
    taken,
    committed,
    lagBatches: {
      live: Math.max(0, journalHead.live - committed.live),
      backlog: Math.max(0, journalHead.backlog - committed.backlog),
    },
    latency,
  };
}
