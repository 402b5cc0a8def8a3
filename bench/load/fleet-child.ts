import { runLoad } from '../../sensors-sim/load/run-load.ts';
import { SYSTEM_CLOCK } from '../../server/system-clock.ts';
import type { FleetMessage, FleetOrder } from './fleet.ts';

const stop = new AbortController();
const tell = (message: FleetMessage): void => void process.send?.(message);

process.on('message', (order: FleetOrder | 'finish') => {
  if (order === 'finish') return stop.abort();
  // The fleet's own errors are told to the parent, which ends this process.
  void play(order).catch((error: unknown) => tell({ error: String(error) }));
});
process.on('disconnect', () => process.exit());

async function play({ plan, port, secrets }: FleetOrder): Promise<void> {
  const account = await runLoad(plan, {
    host: '127.0.0.1',
    port,
    secrets: new Map(Object.entries(secrets)),
    clock: SYSTEM_CLOCK,
    signal: stop.signal,
    onLive: () => tell({ live: true }),
  });
  tell({ account });
}
