import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** One value each five minutes. */
const STEP_MS = 300_000;
export const STEPS_A_DAY = 288;
/** The first instant of the history: 00:00 in Asia/Shanghai, so that 30 days lie in two months. */
export const HISTORY_FROM = epochMs(Date.UTC(2026, 4, 14, 16));
/** The datastreams with a history; ids begin at 1. */
export const DISTRICT_DATASTREAMS = 200;
const PROPERTIES = ['water_level', 'water_temperature'] as const;

/** A block of readings: every datastream at every step, step by step as they would arrive. */
export interface Block {
  readonly datastreams: number;
  readonly firstStep: number;
  readonly steps: number;
  readonly batchReadings: number;
}

/** Readings that lie between those that are stored already, spread over the district and the first `days`. */
export interface LateBlock {
  readonly rows: number;
  readonly days: number;
  /** Distinct for each block, so that every reading is new; below a step. */
  readonly offsetMs: number;
}

export interface SampleReading {
  readonly datastream: number;
  readonly t: EpochMs;
  readonly v: number;
}

export function instantOf(step: number): EpochMs {
  return epochMs(HISTORY_FROM + step * STEP_MS);
}

export function stationOf(datastream: number): string {
  return `load-${String(Math.ceil(datastream / PROPERTIES.length)).padStart(5, '0')}`;
}

/** Stations of the district lie in the basin `b0`. */
export function basinOf(datastream: number): string {
  return `b${Math.floor((datastream - 1) / DISTRICT_DATASTREAMS)}`;
}

export function propertyOf(datastream: number): string {
  return PROPERTIES[(datastream - 1) % PROPERTIES.length] ?? PROPERTIES[0];
}

/** A slow wave with a little noise in the last digits, three decimals as sensors report them. */
export function valueOf(datastream: number, step: number): number {
  const wave = 2 * Math.sin((step + datastream * 7) / 50);
  const noise = ((step * 7_919 + datastream * 104_729) % 23) / 1_000;
  return Math.round((4 + (datastream % 10) + wave + noise) * 1_000) / 1_000;
}

/** The readings of a block by batch. */
export function* batchesOf(block: Block): Generator<readonly SampleReading[]> {
  let batch: SampleReading[] = [];
  for (let step = block.firstStep; step < block.firstStep + block.steps; step++) {
    for (let datastream = 1; datastream <= block.datastreams; datastream++) {
      batch.push({ datastream, t: instantOf(step), v: valueOf(datastream, step) });
      if (batch.length < block.batchReadings) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

export function lateReadings({ rows, days, offsetMs }: LateBlock): readonly SampleReading[] {
  const perDatastream = Math.ceil(rows / DISTRICT_DATASTREAMS);
  return Array.from({ length: rows }, (_, index) => {
    const datastream = 1 + (index % DISTRICT_DATASTREAMS);
    const turn = Math.floor(index / DISTRICT_DATASTREAMS) + (datastream - 1) / DISTRICT_DATASTREAMS;
    const step = Math.floor((turn * days * STEPS_A_DAY) / perDatastream);
    return { datastream, t: epochMs(instantOf(step) + offsetMs), v: valueOf(datastream, step) };
  });
}
