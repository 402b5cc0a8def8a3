import { RawClient, connectFrame, publishFrame, subscribeFrame } from './raw-mqtt.ts';
import { waitFor } from './wait-for.ts';

/** How long it waits for a PUBACK before it loses patience, milliseconds. */
const IMPATIENCE_MS = 100;

/**
 * A device that breaks every rule of the wire contract it can: protocol level, names, keep-alive, will, topics, QoS, payloads, times,
 * counter, patience, and it changes what it sends again.
 */
export class WrongDevice {
  readonly #id: string;
  /** It never connects again once it was refused. */
  readonly #givesUp: boolean;
  readonly #t = Date.now();
  #isStopped = false;
  #client: RawClient | undefined;
  #value = 0;
  #ended: Promise<void> = Promise.resolve();

  constructor(id: string, { givesUp = false } = {}) {
    this.#id = id;
    this.#givesUp = givesUp;
  }

  start(port: number): void {
    this.#ended = this.#live(port);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#client?.destroy();
    await this.#ended;
  }

  async #live(port: number): Promise<void> {
    while (!this.#isStopped) {
      const client = RawClient.to(port);
      this.#client = client;
      client.send(
        connectFrame({
          id: this.#id,
          username: 'admin',
          keepAliveS: 0,
          protocol: { name: 'MQIsdp', level: 4 },
          will: { topic: 'ww/v1/other/status', payload: 'gone' },
        }),
      );
      const code = await client.connack().catch(() => undefined);
      if (code === 0) await this.#talk(client).catch(() => undefined);
      client.destroy();
      if (this.#givesUp && code !== undefined && code !== 0) return;
      // Only as long as the socket takes to close: it comes back at once.
      await client.closed();
    }
  }

  async #talk(client: RawClient): Promise<void> {
    const topic = `ww/v1/${this.#id}/obs`;
    client.send(
      subscribeFrame(1, '#'),
      publishFrame({ topic: `ww/v1/${this.#id}/status`, payload: '{"state":"online"}', id: 2 }),
      publishFrame({ topic: 'ww/v1/other/obs', payload: this.#message(0), id: 3 }),
      publishFrame({ topic, payload: this.#message(0), qos: 0 }),
    );
    for (let id = 10; !this.#isStopped; id += 1) {
      client.send(
        publishFrame({ topic, payload: '{"obs":', id: 4, qos: 0 }),
        publishFrame({ topic, payload: this.#message(4_000_000), id }),
      );
      await waitFor('the PUBACK', () => client.ids('puback').includes(id) || client.isClosed, {
        timeoutMs: IMPATIENCE_MS,
      });
      if (client.isClosed) return;
      client.send(publishFrame({ topic, payload: this.#message(0), id: id + 10_000 }));
    }
  }

  /** Always the same instant, never the same value; the counter runs backwards. */
  #message(aheadMs: number): string {
    this.#value += 1;
    return JSON.stringify({
      seq: 1_000_000 - this.#value,
      sent: this.#t - 7_200_000,
      obs: [{ p: 'water_level', t: this.#t + aheadMs, v: this.#value }],
    });
  }
}
