import { ChildModule } from '../child-program.ts';

/** Gateways to connect as, and the stations that each speaks for. */
export interface FeedTarget {
  readonly port: number;
  readonly lines: readonly {
    readonly id: string;
    readonly secret: string;
    readonly stations: readonly string[];
  }[];
  /** Their roads stand under water. */
  readonly wet: readonly string[];
}

/** What every station has measured in from ≤ t < to, sent as fast as it is acknowledged. */
export interface FeedHistory {
  readonly channel: 'obs' | 'backlog';
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** Instants in a message, each with two readings. */
  readonly instants: number;
}

export interface FeedCount {
  readonly messages: number;
  readonly readings: number;
}

export type FeedRequest = FeedTarget | FeedHistory | { readonly ratePerS: number } | { readonly quiet: true };

/** Watched stations behind gateways, in a process of their own. Requests are answered one after the other. */
export class StationFeed {
  readonly #child = new ChildModule('load/station-feed-child.js');

  /** Resolves when all are connected. */
  async connect(target: FeedTarget): Promise<void> {
    await this.#child.ask(target);
  }

  /** Resolves when every message is acknowledged. */
  send(history: FeedHistory): Promise<FeedCount> {
    return this.#child.ask<FeedCount>(history);
  }

  /** One reading of each datastream of every station, measured now. */
  report(): Promise<FeedCount> {
    const from = Date.now();
    return this.send({ channel: 'obs', from, to: from + 1, stepMs: 1, instants: 1 });
  }

  /** From now on the stations report in turn, so many messages a second in all, until `quiet`. */
  async live(ratePerS: number): Promise<void> {
    await this.#child.ask({ ratePerS });
  }

  /** Ends the live load; answers what was sent of it, once all is acknowledged. */
  quiet(): Promise<FeedCount> {
    return this.#child.ask<FeedCount>({ quiet: true });
  }

  stop(): Promise<void> {
    return this.#child.stop('SIGKILL');
  }
}
