import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Device } from '../device/device.ts';
import { openLeanLink } from '../device/lean-link.ts';
import type { OpenLink } from '../device/link.ts';
import { holdProcess } from '../device/process-hold.ts';
import { Random } from '../random.ts';
import { LoadBookkeeping, recordOf } from './load-account.ts';
import type { LoadAccount, LoadRecord } from './load-account.ts';
import { completeLoadPlan, messagePeriodMs } from './load-plan.ts';
import type { GivenLoadPlan, LoadPlan } from './load-plan.ts';
import { StationScript } from './station-script.ts';
import type { LoadMessage } from './station-script.ts';

export interface LoadSurroundings {
  readonly host: string;
  readonly port: number;
  /** Secret by station id; every station of the plan needs one. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** Ends the run early, without waiting for what is not acknowledged. */
  readonly signal?: AbortSignal;
  /** Runs once per message, before the account counts it. */
  readonly onAcknowledged?: (record: LoadRecord) => void;
  /** Runs when a message is on the wire for the first time; the server may store it from then on. */
  readonly onPublished?: (record: LoadRecord) => void;
  /** Runs when every station is connected (or the wait for that is over) and fresh readings begin. */
  readonly onLive?: () => void;
  /** Default: the lean publisher. */
  readonly openLink?: OpenLink;
}

/** The pace of the schedule: what is due within one tick goes out together. */
const TICK_MS = 5;
/** How long fresh readings wait for the last stations to connect. */
const CONNECT_GRACE_MS = 30_000;

/**
 * Runs a plan to its end and answers what was acknowledged. Stations connect first, with their backlog; fresh
 * readings begin when all are connected. Rejects with `invalid_request` before anything is sent where the plan or
 * the secrets are incomplete; a server that refuses or vanishes is no error but shows in the account.
 */
export async function runLoad(given: GivenLoadPlan, surroundings: LoadSurroundings): Promise<LoadAccount> {
  const plan = completeLoadPlan(given);
  const run = new LoadRun(plan, surroundings);
  const release = holdProcess();
  try {
    return await run.run();
  } finally {
    release();
  }
}

interface Player {
  readonly script: StationScript;
  readonly device: Device<LoadMessage>;
  /** Fresh messages still to be made. */
  left: number;
  seen: boolean;
}

class LoadRun {
  readonly #plan: LoadPlan;
  readonly #around: LoadSurroundings;
  readonly #clock: Clock;
  readonly #books = new LoadBookkeeping();
  readonly #players: Player[];
  /** Timers of the run that are still to fire. */
  readonly #timers = new Set<() => void>();
  #pending = 0;
  #notSeen: number;
  #liveFrom: EpochMs | undefined;
  #producing = true;
  #changed: () => void = () => undefined;

  constructor(plan: LoadPlan, around: LoadSurroundings) {
    this.#plan = plan;
    this.#around = around;
    this.#clock = around.clock;
    this.#notSeen = plan.stations;
    this.#players = Array.from({ length: plan.stations }, (_, index) => this.#player(index));
  }

  async run(): Promise<LoadAccount> {
    const startedMs = this.#clock.monotonicMs();
    const abort = (): void => this.#changed();
    this.#around.signal?.addEventListener('abort', abort);
    try {
      this.#connectFrom(0, startedMs);
      await this.#until(() => this.#notSeen === 0, CONNECT_GRACE_MS + this.#rampMs());
      if (!this.#aborted) {
        this.#goLive();
        await this.#until(() => !this.#producing, this.#plan.durationMs);
      }
      this.#producing = false;
      this.#cancelTimers();
      if (!this.#aborted) await this.#drain();
    } finally {
      this.#around.signal?.removeEventListener('abort', abort);
      this.#producing = false;
      this.#cancelTimers();
      await Promise.all(this.#players.map(({ device }) => device.stop()));
    }
    return this.#books.account({
      stations: this.#plan.stations,
      unacknowledged: this.#players.flatMap(({ device }) => device.unacknowledged()),
      elapsedMs: this.#clock.monotonicMs() - startedMs,
    });
  }

  get #aborted(): boolean {
    return this.#around.signal?.aborted ?? false;
  }

  #player(index: number): Player {
    const plan = this.#plan;
    const script = new StationScript(plan, index);
    const secret = this.#around.secrets.get(script.id);
    if (secret === undefined) throw new AppError('invalid_request', `There is no secret for ${script.id}.`);
    const device = new Device<LoadMessage>({
      id: script.id,
      secret,
      host: this.#around.host,
      port: this.#around.port,
      clock: this.#clock,
      random: new Random(plan.seed, `${script.id}/network`),
      openLink: this.#around.openLink ?? openLeanLink,
      clockSkewMs: script.skewMs,
      keepAliveS: plan.keepAliveS,
      backOff: plan.backOff,
      // Outages of a run are short, and both lanes are to be used.
      freshMs: 0,
      window: plan.window,
      events: {
        onConnected: () => this.#onConnected(player),
        onDisconnected: end => this.#books.disconnected(end),
        onPublished: (message, delivery) => {
          this.#around.onPublished?.(recordOf(message, delivery));
          this.#books.published(message);
          if (message.qos === 0) this.#onDone(player);
        },
        onAcknowledged: (message, delivery) => {
          this.#around.onAcknowledged?.(recordOf(message, delivery));
          this.#books.acknowledged(message, delivery, this.#clock.monotonicMs() - delivery.sentMonotonicMs);
          this.#onDone(player);
        },
        onStatusAcknowledged: () => {
          this.#books.statusAcknowledged += 1;
        },
      },
    });
    const player: Player = { script, device, left: plan.messagesPerStation, seen: false };
    return player;
  }

  #rampMs(): number {
    return (this.#plan.stations / this.#plan.connectsPerS) * 1_000;
  }

  /** Opens the connections whose turn it is, by the plan's rate. */
  #connectFrom(first: number, startedMs: number): void {
    const elapsedMs = this.#clock.monotonicMs() - startedMs;
    const { connectsPerS } = this.#plan;
    const due = connectsPerS === Infinity ? Infinity : Math.floor((elapsedMs * connectsPerS) / 1_000) + 1;
    const until = Math.min(this.#players.length, due);
    for (const player of this.#players.slice(first, until)) {
      for (const message of player.script.backlog(this.#clock.now())) this.#send(player, message);
      player.device.start();
      if (player.script.flapping)
        this.#scheduleCut(player, new Random(this.#plan.seed, `${player.script.id}/flap`));
    }
    if (until < this.#players.length) this.#after(TICK_MS, () => this.#connectFrom(until, startedMs));
  }

  #onConnected(player: Player): void {
    this.#books.connected();
    if (!player.seen) {
      player.seen = true;
      this.#notSeen -= 1;
      if (this.#notSeen === 0) this.#changed();
    }
    if (this.#plan.ratePerStation === 'max') this.#refill(player);
  }

  #scheduleCut(player: Player, random: Random): void {
    const { meanUpMs, meanDownMs } = this.#plan.flapping;
    this.#after(random.exponential(meanUpMs), () => {
      player.device.cut();
      this.#after(random.exponential(meanDownMs), () => {
        player.device.start();
        this.#scheduleCut(player, random);
      });
    });
  }

  #goLive(): void {
    this.#liveFrom = this.#clock.now();
    this.#around.onLive?.();
    if (this.#plan.ratePerStation === 'max') {
      for (const player of this.#players) this.#refill(player);
      this.#checkMade();
    } else {
      this.#produceDue(0, this.#clock.monotonicMs());
    }
  }

  /**
   * Turns are numbered over the whole fleet: turn n belongs to station n mod stations and is due n fleet periods
   * after the begin, so stations are spread evenly over their period.
   */
  #produceDue(first: number, startedMs: number): void {
    const { stations, messagesPerStation } = this.#plan;
    const fleetPeriodMs = messagePeriodMs(this.#plan) / stations;
    const last = messagesPerStation * stations;
    const due = Math.floor((this.#clock.monotonicMs() - startedMs) / fleetPeriodMs) + 1;
    const until = Math.min(last, due);
    for (let turn = first; turn < until; turn++) {
      const index = turn % stations;
      const player = this.#players[index];
      if (player !== undefined) this.#turn(player, Math.floor(index * fleetPeriodMs));
    }
    if (until >= last) this.#checkMade();
    else this.#after(Math.max(TICK_MS, fleetPeriodMs), () => this.#produceDue(until, startedMs));
  }

  #turn(player: Player, phaseMs: number): void {
    player.left -= 1;
    const from = epochMs((this.#liveFrom ?? 0) + phaseMs);
    for (const message of player.script.next(from)) this.#send(player, message);
    if (player.left > 0) return;
    for (const message of player.script.rest()) this.#send(player, message);
  }

  /** At full speed a station always has its window full. */
  #refill(player: Player): void {
    if (this.#liveFrom === undefined) return;
    while (this.#producing && player.left > 0 && player.device.online) {
      if (player.device.pending >= this.#plan.window) return;
      this.#turn(player, 0);
      if (player.left <= 0) this.#checkMade();
    }
  }

  #checkMade(): void {
    if (this.#players.some(({ left }) => left > 0)) return;
    this.#producing = false;
    this.#changed();
  }

  #send(player: Player, message: LoadMessage): void {
    // Counted first: at QoS 0 the message is done before `send` returns.
    this.#pending += 1;
    if (player.device.send(message)) return;
    this.#pending -= 1;
    this.#books.notTaken += 1;
  }

  #onDone(player: Player): void {
    this.#pending -= 1;
    if (this.#plan.ratePerStation === 'max') this.#refill(player);
    if (this.#pending === 0) this.#changed();
  }

  async #drain(): Promise<void> {
    for (const player of this.#players) {
      for (const message of player.script.rest()) this.#send(player, message);
      player.device.start();
    }
    await this.#until(() => this.#pending === 0, this.#plan.drainMs);
  }

  /** Resolves when the condition holds, the span is over or the run is aborted. */
  #until(condition: () => boolean, spanMs: number): Promise<void> {
    return new Promise(resolve => {
      let cancel: () => void = () => undefined;
      const check = (over: boolean): void => {
        if (!over && !condition() && !this.#aborted) return;
        cancel();
        this.#changed = () => undefined;
        resolve();
      };
      if (Number.isFinite(spanMs)) cancel = this.#clock.after(durationMs(spanMs), () => check(true));
      this.#changed = () => check(false);
      check(false);
    });
  }

  #after(spanMs: number, run: () => void): void {
    const cancel = this.#clock.after(durationMs(spanMs), () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
