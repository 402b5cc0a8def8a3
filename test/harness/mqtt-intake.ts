import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { Aedes } from 'aedes';

/** A message as the server took it over. */
export interface TakenMessage {
  readonly principal: string;
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: Buffer;
}

/**
 * What the broker does with a publish before it acknowledges: take it, drop the connection unanswered, or keep the
 * sender waiting until `release`.
 */
export type IntakeDecision = 'take' | 'hang up' | 'hold';

/**
 * A bare broker that takes messages over in `authorizePublish`, the place where the real one makes them durable.
 * Accepts every client whose password is `secret-of-<id>`.
 */
export class MqttIntake {
  readonly taken: TakenMessage[] = [];
  readonly published: TakenMessage[] = [];
  decide: (message: TakenMessage) => IntakeDecision = () => 'take';
  #broker: Aedes | undefined;
  #server: Server | undefined;
  readonly #held: (() => void)[] = [];
  readonly #sockets = new Set<Socket>();

  async start(port = 0): Promise<void> {
    const broker = await Aedes.createBroker({
      queueLimit: 1_000,
      // A client that leaves QoS 2 messages without PUBREL loses its connection.
      maxInflightInbound: 60,
      authenticate: (client, username, password, done) => {
        const known = username === client.id && password?.toString() === `secret-of-${client.id}`;
        done(known ? null : Object.assign(new Error('refused'), { returnCode: 5 }), known);
      },
      authorizePublish: (client, packet, done) => {
        const payload = Buffer.from(packet.payload);
        const { topic, qos, retain } = packet;
        const message = { principal: client?.id ?? '', topic, qos, retain, payload };
        this.published.push(message);
        const take = (): void => {
          this.taken.push(message);
          done(null);
        };
        const decision = this.decide(message);
        if (decision === 'take') take();
        else if (decision === 'hold') this.#held.push(take);
        else done(new Error('hang up'));
      },
    });
    const server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      broker.handle(socket);
    });
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
    this.#broker = broker;
    this.#server = server;
  }

  get port(): number {
    const address = this.#server?.address();
    if (typeof address !== 'object' || address === null) throw new Error('The intake does not listen.');
    return address.port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** The payloads taken over on one channel of one station, parsed. */
  takenJson(station: string, channel: string): unknown[] {
    return this.taken
      .filter(({ topic }) => topic === `ww/v1/${station}/${channel}`)
      .map(({ payload }) => JSON.parse(payload.toString()) as unknown);
  }

  /** Takes what was held, in order. */
  release(): void {
    for (const take of this.#held.splice(0)) take();
  }

  /** Drops every connection without a word. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.hangUp();
    await new Promise<void>(resolve =>
      this.#broker === undefined ? resolve() : this.#broker.close(resolve),
    );
    await new Promise<void>(resolve =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
  }
}
