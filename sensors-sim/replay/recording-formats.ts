import { CNEMC_SNAPSHOT } from './formats/cnemc-snapshot.ts';
import { EA_DAY } from './formats/ea-day.ts';
import { FLOODNET_EVENTS } from './formats/floodnet-events.ts';
import { KSEB_DAMS } from './formats/kseb-dams.ts';
import { OWN_CSV } from './formats/own-csv.ts';
import { RAIN_AND_FLOW, RIVER_GAUGE } from './formats/river-gauge.ts';
import { SFWMD_CANALS } from './formats/sfwmd-canals.ts';
import type { RecordingFormat } from './row-format.ts';

/** Every format that can be replayed. No two recognise the same header. */
export const RECORDING_FORMATS: readonly RecordingFormat[] = [
  OWN_CSV,
  EA_DAY,
  RIVER_GAUGE,
  RAIN_AND_FLOW,
  FLOODNET_EVENTS,
  CNEMC_SNAPSHOT,
  SFWMD_CANALS,
  KSEB_DAMS,
];
