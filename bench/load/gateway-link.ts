import { openLeanLink } from '../../sensors-sim/device/lean-link.ts';
import type { DeviceLink } from '../../sensors-sim/device/link.ts';
import { SYSTEM_CLOCK } from '../../server/system-clock.ts';

/** A connection of the benchmark. Long after the connect its loss ends the process: a run without it measures nothing. */
export function openGatewayLink(
  port: number,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<DeviceLink> {
  return new Promise((resolve, reject) => {
    const topic = `ww/v1/${id}/status`;
    const link = openLeanLink(
      {
        host: '127.0.0.1',
        port,
        id,
        secret,
        will: { topic, payload: Buffer.from('{"state":"offline"}') },
        keepAliveS: 300,
        connectTimeoutMs: 30_000,
        clock: SYSTEM_CLOCK,
      },
      {
        onReady: () => resolve(link),
        onEnd: end => {
          reject(new Error(`The load lost its connection: ${JSON.stringify(end)}`));
          // Nobody hears a rejection any more.
          setTimeout(() => process.exit(1), 1_000);
        },
      },
    );
  });
}
