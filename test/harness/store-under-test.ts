import { afterEach, beforeEach } from 'vitest';

import type { TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { storeBatch } from './store-batch.ts';
import { CONTRACT_DATASTREAMS } from './telemetry-reader-contract.ts';

/** A place for a store that can be closed and opened again on the same data. */
export interface StorePlace {
  open(): Promise<OpenedStore>;
  remove(): Promise<void>;
}

interface OpenedStore {
  readonly store: TelemetryStore;
  close(): Promise<void>;
}

/** The store of the test that runs. */
export interface StoreUnderTest {
  readonly store: TelemetryStore;
  append(parts: Parameters<typeof storeBatch>[0]): Promise<void>;
  /** Makes the datastreams of the contract known. */
  announce(): Promise<void>;
  readingsOf(station: string): Promise<unknown>;
  reopen(): Promise<void>;
}

/** A new, empty store for each test of the suite that calls it. */
export function useStore(create: () => StorePlace): StoreUnderTest {
  let place: StorePlace;
  let opened: OpenedStore;
  beforeEach(async () => {
    place = create();
    opened = await place.open();
  });
  afterEach(async () => {
    await opened.close();
    await place.remove();
  });
  return {
    get store() {
      return opened.store;
    },
    append: parts => opened.store.append(storeBatch(parts)),
    announce: () => opened.store.append(storeBatch({ newDatastreams: CONTRACT_DATASTREAMS })),
    readingsOf: async station => (await opened.store.ledger()).stations.get(station)?.readings,
    reopen: async () => {
      await opened.close();
      opened = await place.open();
    },
  };
}
