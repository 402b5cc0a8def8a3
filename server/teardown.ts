import type { Log } from '../domain/ports/log.ts';

/** Named steps that undo a start, run in reverse, once, also after a start that got only half way. */
export class Teardown {
  readonly #log: Log;
  readonly #steps: { readonly name: string; readonly run: () => Promise<void> | void }[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, run: () => Promise<void> | void): void {
    this.#steps.push({ name, run });
  }

  /** Idempotent: every caller waits for the same run. A failing step does not keep the others from running. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (;;) {
      const step = this.#steps.pop();
      if (step === undefined) return;
      try {
        await step.run();
      } catch (error) {
        this.#log.error('A step of the shutdown failed.', { step: step.name, error });
      }
    }
  }
}
