import { Buffer } from 'node:buffer';

import mqtt from 'mqtt';

import { SECOND_MS, durationMs } from '../../domain/time/instant.ts';
import type { DeviceLink, LinkEnd, LinkEvents, LinkOptions } from './link.ts';

/** How long `end` waits for a server that does not acknowledge what was sent before. */
const FAREWELL_MS = durationMs(5 * SECOND_MS);

/** A connection by mqtt.js, an implementation that is not ours, as real firmware would be. */
export function openMqttJsLink(options: LinkOptions, events: LinkEvents): DeviceLink {
  let over = false;
  const client = mqtt.connect({
    protocol: 'mqtt',
    host: options.host,
    port: options.port,
    protocolVersion: 4,
    clientId: options.id,
    username: options.id,
    password: options.secret,
    clean: true,
    keepalive: options.keepAliveS,
    connectTimeout: options.connectTimeoutMs,
    // The device reconnects and repeats what was not acknowledged; two memories of it would send it twice.
    reconnectPeriod: 0,
    queueQoSZero: false,
    will: {
      topic: options.will.topic,
      payload: Buffer.from(options.will.payload),
      qos: 1,
      retain: true,
    },
  });
  const finish = (end: LinkEnd): void => {
    if (over) return;
    over = true;
    client.end(true);
    events.onEnd(end);
  };
  const drop = (): void => {
    client.stream.destroy();
    client.end(true);
  };
  client.on('connect', () => {
    if (!over) events.onReady();
  });
  client.on('error', error => {
    const code: unknown = 'code' in error ? error.code : undefined;
    finish(
      typeof code === 'number'
        ? { kind: 'refused', returnCode: code }
        : { kind: 'lost', detail: error.message },
    );
  });
  client.on('close', () => finish({ kind: 'lost', detail: 'The connection was closed.' }));
  return {
    publish(message, onAcknowledged) {
      if (over) return;
      const { topic, qos, retain } = message;
      client.publish(topic, Buffer.from(message.payload), { qos, retain }, error => {
        // mqtt.js also says null where its types say undefined.
        if (!over && qos > 0 && !error) onAcknowledged();
      });
    },
    end() {
      if (over) return;
      over = true;
      // Without a connection there is nobody to say DISCONNECT to, and mqtt.js would wait for the CONNACK.
      if (!client.connected) return drop();
      const cancel = options.clock.after(FAREWELL_MS, drop);
      client.end(() => cancel());
    },
    cut() {
      if (over) return;
      over = true;
      drop();
    },
  };
}
