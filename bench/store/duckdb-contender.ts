import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { TELEMETRY_FILE } from '../../storage/duckdb/telemetry-schema.ts';
import { ChildModule } from '../child-program.ts';
import { residentMiB } from '../process-usage.ts';
import type { Block, LateBlock } from './sample.ts';
import type { StoreContender, StoreCost } from './store-contender.ts';

export type DuckdbRequest =
  | { readonly kind: 'open'; readonly directory: string }
  | { readonly kind: 'close' | 'latest' | 'hourly' }
  | { readonly kind: 'insert'; readonly block: Block }
  | { readonly kind: 'late'; readonly block: LateBlock }
  | { readonly kind: 'day'; readonly firstStep: number };

/** How far a write has come when the process is killed, milliseconds. */
const KILL_AFTER_MS = 300;

/** The embedded store through its port, in a process that does nothing else. */
export class DuckdbContender implements StoreContender {
  readonly name = 'embedded store';
  readonly #directory: string;
  #child: ChildModule;

  private constructor(directory: string, child: ChildModule) {
    this.#directory = directory;
    this.#child = child;
  }

  static async start(directory: string): Promise<DuckdbContender> {
    return new DuckdbContender(directory, await openIn(directory));
  }

  insert(block: Block): Promise<StoreCost> {
    return this.#ask({ kind: 'insert', block });
  }

  late(block: LateBlock): Promise<StoreCost> {
    return this.#ask({ kind: 'late', block });
  }

  latest(): Promise<StoreCost> {
    return this.#ask({ kind: 'latest' });
  }

  day(firstStep: number): Promise<StoreCost> {
    return this.#ask({ kind: 'day', firstStep });
  }

  hourly(): Promise<StoreCost> {
    return this.#ask({ kind: 'hourly' });
  }

  residentMiB(): number {
    return residentMiB(this.#child.pid);
  }

  async bytesOnDisk(): Promise<number> {
    await this.stop();
    const file = join(this.#directory, TELEMETRY_FILE);
    const log = `${file}.wal`;
    const bytes = statSync(file).size + (existsSync(log) ? statSync(log).size : 0);
    this.#child = await openIn(this.#directory);
    return bytes;
  }

  async killAndOpenMs(block: Block): Promise<number> {
    // Nobody hears the end of it.
    void this.insert(block).catch(() => undefined);
    await sleep(KILL_AFTER_MS);
    await this.#child.stop('SIGKILL');
    const startedMs = performance.now();
    this.#child = await openIn(this.#directory);
    return performance.now() - startedMs;
  }

  async stop(): Promise<void> {
    await this.#child.ask({ kind: 'close' } satisfies DuckdbRequest);
    await this.#child.stop('SIGKILL');
  }

  #ask(request: DuckdbRequest): Promise<StoreCost> {
    return this.#child.ask<StoreCost>(request);
  }
}

async function openIn(directory: string): Promise<ChildModule> {
  const child = new ChildModule('store/duckdb-child.js');
  await child.ask({ kind: 'open', directory } satisfies DuckdbRequest);
  return child;
}
