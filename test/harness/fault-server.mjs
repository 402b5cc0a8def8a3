// The server as `ww start` runs it, with faults that a test can inject: `{ id, part, kind }` over the IPC channel is
// answered by `{ id }`, or by `{ id, error }` where the fault was refused.
import { fileURLToPath } from 'node:url';

import { createApp } from '../../dist/server/app.js';
import { loadConfig } from '../../dist/server/config/load.js';
import { createLogger } from '../../dist/server/logger.js';

const config = loadConfig(process.env, {
  workingFolder: process.cwd(),
  programFolder: fileURLToPath(new URL('../..', import.meta.url)),
});
const app = createApp(config, {
  allowFaults: true,
  log: createLogger({
    level: config.logLevel,
    now: () => Date.now(),
    write: line => process.stderr.write(line),
  }),
  onFatal: error => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
});
process.on('message', ({ id, part, kind }) => {
  app.injectFault(part, kind).then(
    () => process.send({ id }),
    error => process.send({ id, error: error.message }),
  );
});
process.once('SIGTERM', () => {
  void app.stop().finally(() => process.disconnect());
});
await app.start();
