import type { Clock } from '../../domain/ports/clock.ts';

/** Where a device connects, and as whom: client id = user name = the registered id. */
export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly secret: string;
  /** Published by the server, retained at QoS 1, when the connection ends without a DISCONNECT. */
  readonly will: { readonly topic: string; readonly payload: Uint8Array };
  readonly keepAliveS: number;
  /** How long the server may take to answer CONNECT, milliseconds. */
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
}

export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** Why a connection is over. `refused`: the server answered CONNECT with this return code (MQTT 3.1.1, table 3.1). */
export type LinkEnd =
  | { readonly kind: 'refused'; readonly returnCode: number }
  | { readonly kind: 'lost'; readonly detail: string };

export interface LinkEvents {
  /** The server accepted the connection; called at most once. */
  onReady(): void;
  /** The connection is over or never came about; called exactly once unless `end` or `cut` was called first. */
  onEnd(end: LinkEnd): void;
}

/** One MQTT 3.1.1 connection with a clean session. It never reconnects: the device does, with a new link. */
export interface DeviceLink {
  /**
   * Only after `onReady`. `onAcknowledged` runs once the server has taken the message over (PUBACK, or PUBREC at
   * QoS 2); never at QoS 0 and never after the end of the link.
   */
  publish(message: LinkMessage, onAcknowledged: () => void): void;
  /** Says DISCONNECT and closes: no will. No event follows. */
  end(): void;
  /** Drops the connection as a lost network would: the will is published. No event follows. */
  cut(): void;
}

export type OpenLink = (options: LinkOptions, events: LinkEvents) => DeviceLink;
