import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { vi } from 'vitest';

import { telemetryStoreContract } from '../../test/harness/telemetry-store-contract.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';

// The property of the contract opens thirty stores, each a thread and a file of its own.
vi.setConfig({ testTimeout: 120_000 });

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
