import type { z } from 'zod';
import { datastream } from './datastream-schema.ts';
import {
  assetEntry,
  basinEntry,
  communityEntry,
  flowEntry,
  organisationEntry,
  personEntry,
  reachEntry,
  streetEntry,
} from './district-schema.ts';
import type { ListName } from './source-entry.ts';
import { gatewayEntry, stationEntry, subscriberEntry } from './thing-schema.ts';

/** How an entry of each list must look by itself. */
export const ENTRY_SCHEMAS = {
  organisations: organisationEntry,
  persons: personEntry,
  streets: streetEntry,
  communities: communityEntry,
  basins: basinEntry,
  reaches: reachEntry,
  assets: assetEntry,
  flow: flowEntry,
  stations: stationEntry,
  datastreams: datastream,
  gateways: gatewayEntry,
  subscribers: subscriberEntry,
} as const satisfies Record<ListName, z.ZodType>;
