import { AppError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { JournalHealth } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Readiness } from './application.ts';

/** How often the slower checks run, and how long one of them may take before it counts as hanging. */
const CHECK_MS = durationMs(5_000);
const CHECK_TIMEOUT_MS = durationMs(10_000);

/** What a check found; `undefined` when all is well. */
export type Finding = { readonly code: string; readonly message: string } | undefined;

/** Something that is looked at regularly. A check that throws or hangs is itself a finding. */
export interface HealthCheck {
  readonly name: string;
  /** `reason`: the server is not ready while it finds something; `warning`: an operator should look. */
  readonly weight: 'reason' | 'warning';
  readonly run: () => Promise<Finding>;
}

export interface HealthMonitorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly journalHealth: () => JournalHealth;
  readonly checks: readonly HealthCheck[];
}

type Kept = { readonly code: string; readonly message: string; readonly since: EpochMs };

/** Answers readiness: the journal's state as it is now, everything else as the last round of checks found it. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #found = new Map<HealthCheck, Kept>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
  }

  /** Resolves after the first round. */
  async start(): Promise<void> {
    await this.#round();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  readiness(): Readiness {
    const reasons: Kept[] = [];
    const warnings: Kept[] = [];
    const journal = this.#options.journalHealth();
    if (journal.state !== 'ok') {
      const message = journal.lastError ?? 'Nothing is acknowledged.';
      reasons.push({ code: journal.state, message, since: journal.since });
    }
    for (const [check, kept] of this.#found) {
      (check.weight === 'reason' ? reasons : warnings).push(kept);
    }
    return {
      ready: reasons.length === 0,
      reasons,
      warnings: warnings.map(({ code, message }) => ({ code, message })),
    };
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(CHECK_MS, () => {
      void this.#round().then(() => this.#schedule());
    });
  }

  async #round(): Promise<void> {
    await Promise.all(this.#options.checks.map(check => this.#check(check)));
  }

  async #check(check: HealthCheck): Promise<void> {
    const finding = await this.#inTime(check);
    if (this.#stopped) return;
    const known = this.#found.get(check);
    if (finding === undefined) {
      if (known === undefined) return;
      this.#found.delete(check);
      this.#options.log.info('A health check is well again.', { check: check.name, code: known.code });
      return;
    }
    this.#found.set(check, { ...finding, since: known?.since ?? this.#options.clock.now() });
    if (known?.code === finding.code) return;
    const level = check.weight === 'reason' ? 'error' : 'warn';
    this.#options.log[level]('A health check failed.', { check: check.name, ...finding });
  }

  async #inTime(check: HealthCheck): Promise<Finding> {
    let cancel = (): void => undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      cancel = this.#options.clock.after(CHECK_TIMEOUT_MS, () =>
        reject(new AppError('worker_failed', `The check "${check.name}" did not answer in time.`)),
      );
    });
    try {
      return await Promise.race([check.run(), timeout]);
    } catch (error) {
      return { code: 'worker_failed', message: messageOf(error) };
    } finally {
      cancel();
    }
  }
}
