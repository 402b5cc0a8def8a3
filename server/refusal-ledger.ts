import type { RefusalCount } from '../domain/model/ledger.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { RefusalCounter, RefusalReason } from '../domain/ports/identity.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Operations } from '../domain/ports/operations.ts';
import { SECOND_MS, durationMs } from '../domain/time/instant.ts';

const FLUSH_MS = durationMs(5 * SECOND_MS);

/**
 * Counts refusals by principal and reason, and keeps the counts across restarts. A crash can lose the last few
 * seconds of counts: what was refused was never acknowledged, so no promise hangs on it.
 */
export class RefusalLedger implements RefusalCounter {
  readonly #options: { readonly operations: Operations; readonly clock: Clock; readonly log: Log };
  readonly #totals = new Map<string, RefusalCount>();
  #unsaved = new Map<string, RefusalCount>();
  #cancel: (() => void) | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: { readonly operations: Operations; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (const refusal of await this.#options.operations.refusals()) add(this.#totals, refusal);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#save();
  }

  /** Keeps what was counted so far; a disk that refuses gets it later. */
  flush(): Promise<void> {
    return this.#save();
  }

  count(principal: string, reason: RefusalReason): void {
    const one = { principal, reason, count: 1 };
    add(this.#totals, one);
    add(this.#unsaved, one);
  }

  all(): RefusalCount[] {
    return [...this.#totals.values()];
  }

  /** Sums over all principals, by reason. */
  byReason(): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const { reason, count } of this.#totals.values()) sums.set(reason, (sums.get(reason) ?? 0) + count);
    return sums;
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(FLUSH_MS, () => {
      void this.#save().then(() => this.#schedule());
    });
  }

  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      if (this.#unsaved.size === 0) return;
      const counts = this.#unsaved;
      this.#unsaved = new Map();
      try {
        await this.#options.operations.addRefusals([...counts.values()]);
      } catch (error) {
        this.#options.log.warn('The refusal counts could not be kept; they are tried again.', { error });
        for (const refusal of counts.values()) add(this.#unsaved, refusal);
      }
    });
    return this.#saving;
  }
}

function add(counts: Map<string, RefusalCount>, more: RefusalCount): void {
  const key = `${more.principal}\n${more.reason}`;
  const known = counts.get(key);
  counts.set(key, { ...more, count: (known?.count ?? 0) + more.count });
}
