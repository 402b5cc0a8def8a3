import { isAppError } from '../../domain/errors.ts';
import { writeFaultOf } from './write-fault.ts';
import type { WriteFault } from './write-fault.ts';

interface Write {
  readonly attempt: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

const FIRST_DELAY_MS = 20;
const LAST_DELAY_MS = 1_000;

/**
 * Runs writes one after the other, in order. A write that the disk refuses is repeated with back-off until it works,
 * and those behind it wait. AppErrors are not the disk's: they reject the one write.
 */
export class WriteQueue {
  readonly #after: (delayMs: number, run: () => void) => () => void;
  readonly #onFault: (fault: WriteFault | undefined) => void;
  readonly #isDiskFull: () => boolean;
  #waiting: Write[] = [];
  #delayMs = FIRST_DELAY_MS;
  #cancelRetry: (() => void) | undefined;
  #fault: WriteFault | undefined;

  constructor(options: {
    readonly after: (delayMs: number, run: () => void) => () => void;
    /** Called when writes begin to fail, fail differently, or work again. */
    readonly onFault: (fault: WriteFault | undefined) => void;
    /** Tells an I/O error for want of space from others. */
    readonly isDiskFull: () => boolean;
  }) {
    this.#after = options.after;
    this.#onFault = options.onFault;
    this.#isDiskFull = options.isDiskFull;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves once the write succeeded. `attempt` must be repeatable. */
  submit<Result>(attempt: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ attempt, resolve, reject });
      if (this.#waiting.length === 1) this.#run();
    });
  }

  /** Gives up what waits: it rejects with the error. */
  abandon(error: Error): void {
    this.#cancelRetry?.();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const write of waiting) write.reject(error);
  }

  #run(): void {
    for (;;) {
      const write = this.#waiting[0];
      if (write === undefined) return;
      let outcome: () => void;
      try {
        const value = write.attempt() as never;
        outcome = () => write.resolve(value);
      } catch (error) {
        if (!isAppError(error)) {
          this.#retryLater(error);
          return;
        }
        outcome = () => write.reject(error);
      }
      this.#delayMs = FIRST_DELAY_MS;
      this.#tell(undefined);
      this.#waiting.shift();
      outcome();
    }
  }

  #retryLater(error: unknown): void {
    this.#tell(writeFaultOf(error, this.#isDiskFull));
    this.#cancelRetry = this.#after(this.#delayMs, () => this.#run());
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_DELAY_MS);
  }

  #tell(fault: WriteFault | undefined): void {
    if (fault?.state === this.#fault?.state && fault?.message === this.#fault?.message) return;
    this.#fault = fault;
    this.#onFault(fault);
  }
}
