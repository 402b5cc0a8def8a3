import type { LoadAccount } from '../../sensors-sim/load/load-account.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { ChildModule } from '../child-program.ts';

export interface FleetOrder {
  readonly plan: GivenLoadPlan;
  readonly port: number;
  readonly secrets: Readonly<Record<string, string>>;
}

export type FleetMessage =
  { readonly live: true } | { readonly account: LoadAccount } | { readonly error: string };

/** A load plan of the simulator, played in a process of its own. */
export class Fleet {
  readonly #child = new ChildModule('load/fleet-child.js');
  #account: Promise<FleetMessage> | undefined;

  /** Resolves when every station is connected (or the wait for that is over). */
  async start(order: FleetOrder): Promise<void> {
    await this.#child.ask<FleetMessage>(order);
    this.#account = this.#child.next<FleetMessage>();
    // Whoever stops the fleet early does not ask for it.
    this.#account.catch(() => undefined);
  }

  /** Resolves when the plan is over. */
  async account(): Promise<LoadAccount | undefined> {
    const message = await this.#account;
    return message !== undefined && 'account' in message ? message.account : undefined;
  }

  /** Ends the plan now, without waiting for what is not acknowledged. */
  async finish(): Promise<LoadAccount | undefined> {
    this.#child.send('finish');
    return await this.account();
  }

  stop(): Promise<void> {
    return this.#child.stop('SIGKILL');
  }
}
