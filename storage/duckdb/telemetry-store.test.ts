import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { telemetryStoreContract } from '../../test/harness/telemetry-store-contract.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';

telemetryStoreContract('DuckdbTelemetry', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ww-telemetry-'));
  return {
    open: async () => {
      const telemetry = new DuckdbTelemetry({ directory, lingerMs: 1 });
      await telemetry.start();
      const store = createTelemetryStore(telemetry.openStore());
      return {
        store,
        close: async () => {
          await telemetry.stop();
          store.close();
        },
      };
    },
    remove: () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    },
  };
});
