import type { DatastreamSpec } from '../../domain/model/registry.ts';
import { Random } from '../random.ts';
import type { DrainageArea } from './drainage-area.ts';
import type { WaterElement } from './element.ts';
import { Gate } from './gate.ts';
import { Manhole } from './manhole.ts';
import { MuskingumReach } from './muskingum-reach.ts';
import { Outfall } from './outfall.ts';
import { Passage } from './passage.ts';
import { fullPipeM3PerS } from './pipe-flow.ts';
import { PondingBasin } from './ponding-basin.ts';
import { PumpSump, stagedPumps } from './pump-sump.ts';
import { RatingCurve, bankfullM3PerS } from './rating-curve.ts';
import { ReplenishmentPump } from './replenishment-pump.ts';
import { Reservoir } from './reservoir.ts';
import { SewagePlant } from './sewage-plant.ts';
import type { Spot } from './spot.ts';
import { StorageTank } from './storage-tank.ts';

/** What an element is made from. */
export interface ElementPlan {
  readonly spot: Spot;
  readonly area: DrainageArea;
  readonly seed: number;
  readonly stepS: number;
  readonly travelTimeMs: number | undefined;
  /** Whether any water of the flow graph leads here. */
  readonly isFed: boolean;
}

/** Speed of a flood wave in a small river and of water in a pipe, m/s. */
const WAVE_M_PER_S = 1.6;
const PIPE_M_PER_S = 1.2;
const USUAL_REACH_M = 3_000;
/** Sealed surface that drains to a sewer sized after old practice fills it at this rain, mm/h. */
const SEWER_MM_PER_H = 38;
const INLET_MM_PER_H = 42;

/** The element of a spot, with the sizes the registry gives and usual ones where it gives none. */
export function createElement(plan: ElementPlan): WaterElement {
  const { spot, stepS, travelTimeMs, area, isFed } = plan;
  const { attributes } = spot;
  const designM3PerS = attributes.designFlowM3PerS;
  const travelS = travelTimeMs === undefined ? undefined : travelTimeMs / 1_000;
  switch (spot.type) {
    case 'reach':
      return new MuskingumReach(travelS ?? (spot.lengthM ?? USUAL_REACH_M) / WAVE_M_PER_S, stepS);
    case 'river_gauge':
    case 'section':
      return new Passage({ rating: ratingOf(plan) });
    case 'pipe':
    case 'replenishment_pipe': {
      const { lengthM } = attributes;
      const residenceS = travelS ?? (lengthM === undefined ? undefined : lengthM / PIPE_M_PER_S);
      return new Passage(residenceS === undefined ? {} : { residenceS: Math.max(stepS, residenceS) });
    }
    case 'treatment_unit':
      return new Passage({ treatment: { capacityM3PerS: designM3PerS ?? 0.1, removal: 0.85 } });
    case 'wetland': {
      const capacityM3PerS = designM3PerS ?? 0.2;
      const residenceS = Math.min(43_200, ((attributes.surfaceM2 ?? 5_000) * 0.4) / capacityM3PerS);
      return new Passage({ residenceS, treatment: { capacityM3PerS, removal: 0.5 } });
    }
    case 'outfall':
      return createOutfall(plan);
    case 'manhole':
      return createManhole(plan);
    case 'ponding_point': {
      const inletM3PerS = rainFlowM3PerS(area.localKm2 * area.imperviousShare, INLET_MM_PER_H);
      const random = new Random(plan.seed, `${spot.id}/pond`);
      const brimM = random.between(0.5, 1.1);
      const surfaceM2 = attributes.surfaceM2 ?? random.between(400, 1_500);
      return new PondingBasin({ surfaceM2, inletM3PerS: designM3PerS ?? inletM3PerS, brimM });
    }
    case 'underpass':
      return createUnderpass(plan);
    case 'pump_station':
      return createPumpStation(plan);
    case 'replenishment_pump': {
      const [pumps, pumpM3PerS] = [attributes.pumpCount ?? 2, attributes.pumpM3PerS ?? 0.2];
      return new ReplenishmentPump({ pumps, pumpM3PerS, drawsFromOutside: !isFed });
    }
    case 'storage_tank':
      return createTank(plan);
    case 'reservoir':
      return createReservoir(plan);
    case 'sewage_plant':
      return new SewagePlant(designM3PerS ?? 0.5);
    case 'sluice_gate':
    case 'flood_barrier':
      return new Gate({
        designM3PerS: gateM3PerS(plan),
        fullOpeningM: 0.9 * (datastreamOf(spot, 'gate_opening')?.sensorSpan?.[1] ?? 3.3),
        rating: ratingOf(plan, gateM3PerS(plan)),
        pondM2: 5_000,
      });
    case 'rain_gauge':
    case 'video_gateway':
      return new Passage({});
  }
}

function datastreamOf(spot: Spot, property: string): DatastreamSpec | undefined {
  return spot.datastreams.find(datastream => datastream.property === property);
}

/** The span a station gives for a property, which says where it lies; the property's own span says nothing. */
function spanOf(
  spot: Spot,
  property: string,
  otherwise: readonly [low: number, high: number],
): readonly [low: number, high: number] {
  return datastreamOf(spot, property)?.sensorSpan ?? otherwise;
}

function rainFlowM3PerS(areaKm2: number, mmPerH: number): number {
  return (areaKm2 * 1_000 * mmPerH) / 3_600;
}

function sewerM3PerS({ totalKm2, imperviousShare }: DrainageArea): number {
  return rainFlowM3PerS(totalKm2 * imperviousShare, SEWER_MM_PER_H);
}

/** `atLeastM3PerS`: what the banks hold in any case. */
function ratingOf({ spot, area }: ElementPlan, atLeastM3PerS = 0): RatingCurve {
  const { bottomM, groundM } = spot.attributes;
  const [low, high] = spanOf(spot, 'water_level', [0, 8]);
  const bedM = bottomM ?? low + 0.2 * (high - low);
  const { crest, guarantee } = datastreamOf(spot, 'water_level')?.thresholds ?? {};
  const bankM = groundM ?? crest ?? guarantee ?? bedM + Math.min(6, 0.6 * (high - low));
  return new RatingCurve({
    bedM,
    bankM,
    bankfullM3PerS: Math.max(bankfullM3PerS(area.totalKm2), atLeastM3PerS),
  });
}

function gateM3PerS({ spot, area }: ElementPlan): number {
  return spot.attributes.designFlowM3PerS ?? bankfullM3PerS(area.totalKm2);
}

function createOutfall({ spot, area }: ElementPlan): Outfall {
  const { invertM, diameterM = 1.2 } = spot.attributes;
  const [low, high] = spanOf(spot, 'water_level', [0, 6]);
  const stormM3PerS = sewerM3PerS(area);
  return new Outfall({
    invertM: invertM ?? low + 0.3 * (high - low),
    diameterM,
    fullM3PerS: Math.max(fullPipeM3PerS(diameterM), stormM3PerS),
  });
}

function createManhole({ spot, area }: ElementPlan): Manhole {
  const { attributes } = spot;
  const [low, high] = spanOf(spot, 'manhole_level', [-4.5, 1]);
  const thresholds = datastreamOf(spot, 'manhole_level')?.thresholds;
  const bottomM = attributes.bottomM ?? low + 0.1 * (high - low);
  const groundM = attributes.groundM ?? thresholds?.ground ?? low + 0.8 * (high - low);
  const crownM = thresholds?.pipeCrown ?? bottomM + Math.min(1.2, 0.3 * (groundM - bottomM));
  const diameterM = attributes.diameterM ?? crownM - bottomM;
  const stormM3PerS = sewerM3PerS(area);
  const pipeM3PerS = attributes.diameterM === undefined ? stormM3PerS : fullPipeM3PerS(diameterM);
  return new Manhole({
    bottomM,
    groundM: Math.max(groundM, bottomM + 0.5),
    diameterM,
    fullM3PerS: attributes.designFlowM3PerS ?? Math.max(0.01, pipeM3PerS),
    // Shafts and house connections upstream fill with it: some five square metres to the hectare.
    surfaceM2: Math.max(attributes.surfaceM2 ?? 4, 500 * area.localKm2),
  });
}

function createUnderpass({ spot, area }: ElementPlan): PumpSump {
  const { attributes } = spot;
  const [low, high] = spanOf(spot, 'sump_level', [-5, 1]);
  const thresholds = datastreamOf(spot, 'sump_level')?.thresholds;
  const stopM = thresholds?.pumpStop;
  const floorM = stopM === undefined ? low + 0.15 * (high - low) : stopM - 0.5;
  const roadM = low < 0 && high > 0 ? 0 : low + 0.7 * (high - low);
  const brimM = Math.max(floorM + 1, thresholds?.high === undefined ? roadM : thresholds.high + 0.3);
  const height = brimM - floorM;
  const pumps = stagedPumps(pumpCount(spot, 2), {
    stopM: stopM ?? floorM + 0.12 * height,
    startM: thresholds?.pumpStart ?? floorM + 0.4 * height,
    highM: thresholds?.high ?? floorM + 0.7 * height,
  });
  const stormM3PerS = rainFlowM3PerS(area.localKm2 * area.imperviousShare, 50);
  return new PumpSump({
    floorM,
    brimM,
    areaM2: 30,
    roadM2: attributes.surfaceM2 ?? 600,
    pumps,
    pumpM3PerS: attributes.pumpM3PerS ?? stormM3PerS / pumps.length,
    seepageM3PerS: 0.003,
    ...motorOf(spot),
  });
}

function createPumpStation({ spot, area, isFed }: ElementPlan): PumpSump {
  const { attributes } = spot;
  const [low, high] = spanOf(spot, 'sump_level', [-6, 0]);
  const thresholds = datastreamOf(spot, 'sump_level')?.thresholds;
  const stopM = thresholds?.pumpStop;
  const floorM = attributes.bottomM ?? (stopM === undefined ? low + 0.1 * (high - low) : stopM - 0.5);
  const alarmM = thresholds?.high;
  const edgeM = alarmM === undefined ? floorM + 0.7 * (high - low) : alarmM + 1;
  const brimM = Math.max(floorM + 1, attributes.groundM ?? edgeM);
  const height = brimM - floorM;
  const pumps = stagedPumps(pumpCount(spot, 2), {
    stopM: stopM ?? floorM + 0.12 * height,
    startM: thresholds?.pumpStart ?? floorM + 0.3 * height,
    highM: alarmM ?? floorM + 0.6 * height,
  });
  const stormM3PerS = rainFlowM3PerS(Math.max(0.02, area.totalKm2 * area.imperviousShare), 45);
  const pumpM3PerS = attributes.pumpM3PerS ?? stormM3PerS / pumps.length;
  const workingM = Math.max(0.3, (pumps[0]?.startM ?? brimM) - (pumps[0]?.stopM ?? floorM));
  const { capacityM3 } = attributes;
  // A pump should run some minutes at least before it stops again.
  const usualM2 = capacityM3 === undefined ? (pumpM3PerS * 240) / workingM : capacityM3 / height;
  return new PumpSump({
    floorM,
    brimM,
    areaM2: Math.max(5, attributes.surfaceM2 ?? usualM2),
    pumps,
    pumpM3PerS,
    seepageM3PerS: isFed ? 0 : 0.04 * pumpM3PerS,
    ...motorOf(spot),
  });
}

function pumpCount(spot: Spot, otherwise: number): number {
  const instances = new Set(
    spot.datastreams.filter(({ property }) => property === 'pump_running').map(({ instance }) => instance),
  );
  return Math.max(1, spot.attributes.pumpCount ?? (instances.size > 0 ? instances.size : otherwise));
}

/** Its meter is chosen for the motor, so the motor takes less than the end of its scale. */
function motorOf(spot: Spot): { readonly motorKw?: number } {
  const scale = datastreamOf(spot, 'pump_power')?.sensorSpan?.[1];
  return scale === undefined ? {} : { motorKw: 0.8 * scale };
}

function createTank({ spot }: ElementPlan): StorageTank {
  const { capacityM3 = 5_000, surfaceM2, bottomM, groundM, designFlowM3PerS } = spot.attributes;
  const [low] = spanOf(spot, 'water_level', spanOf(spot, 'sump_level', [0, 10]));
  const floorM = bottomM ?? low;
  const depthM = groundM === undefined ? 5 : Math.max(1, groundM - floorM - 1);
  return new StorageTank({
    capacityM3,
    surfaceM2: surfaceM2 ?? capacityM3 / depthM,
    bottomM: floorM,
    // A full tank is to be empty in half a day.
    emptyingM3PerS: designFlowM3PerS ?? capacityM3 / 43_200,
  });
}

function createReservoir({ spot, area, seed }: ElementPlan): Reservoir {
  const { attributes } = spot;
  const [low, high] = spanOf(spot, 'water_level', [0, 30]);
  const thresholds = datastreamOf(spot, 'water_level')?.thresholds;
  const bottomM = attributes.bottomM ?? low;
  const normalM = Math.max(bottomM + 1, thresholds?.normal ?? bottomM + 0.7 * (high - low));
  const capacityM3 = attributes.capacityM3 ?? 0.5 * spanOf(spot, 'storage_volume', [0, 1e7])[1];
  return new Reservoir({
    bottomM,
    normalM,
    deadM: thresholds?.dead ?? bottomM + 0.2 * (normalM - bottomM),
    capacityM3,
    surfaceM2: attributes.surfaceM2 ?? (2.5 * capacityM3) / (normalM - bottomM),
    outletM3PerS: attributes.designFlowM3PerS ?? 2 * area.totalKm2 ** 0.8,
    spillwayM3PerS: 8 * area.totalKm2 ** 0.85,
    ecologicalM3PerS: 0.004 * area.totalKm2,
    floodLimit: thresholds?.floodLimit ?? [],
    beginBelowM: new Random(seed, `${spot.id}/pool`).between(0, 0.5),
  });
}
