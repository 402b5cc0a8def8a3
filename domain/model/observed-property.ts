/**
 * How a series behaves between its values (WaterML 2 interpolation types, reduced to the three that matter here):
 * `instantaneous` a state at t; `counter` a running total that only grows until it resets; `period_total` an amount
 * over (t − period, t].
 */
export type InterpolationKind = 'instantaneous' | 'counter' | 'period_total';

export interface ObservedProperty {
  readonly name: string;
  readonly nameZh: string;
  readonly nameEn: string;
  /** UCUM-like unit symbol; `1` for a pure number or a state. */
  readonly unit: string;
  readonly interpolation: InterpolationKind;
  /** A level is meaningless without the datum it is measured from; the datastream must name it. */
  readonly needsDatum: boolean;
  /** Values outside [min, max] cannot come from a working sensor: quality FAIL (QARTOD gross range, sensor span). */
  readonly sensorSpan: readonly [min: number, max: number];
  /** Where the span comes from: `domain` = reference tables of the standards, `proposal` = our default. */
  readonly spanSource: 'domain' | 'proposal';
}

function property(
  name: string,
  names: readonly [zh: string, en: string],
  unit: string,
  rest: Pick<ObservedProperty, 'sensorSpan'> & Partial<ObservedProperty>,
): ObservedProperty {
  return {
    name,
    nameZh: names[0],
    nameEn: names[1],
    unit,
    interpolation: 'instantaneous',
    needsDatum: false,
    spanSource: 'proposal',
    ...rest,
  };
}

const LIST: readonly ObservedProperty[] = [
  property('water_level', ['水位', 'water level (stage)'], 'm', {
    needsDatum: true,
    sensorSpan: [-100, 9_000],
  }),
  property('ponding_depth', ['积水深度', 'ponding depth'], 'm', { sensorSpan: [-0.05, 10] }),
  property('manhole_level', ['井内水位', 'water level in a manhole'], 'm', {
    needsDatum: true,
    sensorSpan: [-100, 9_000],
  }),
  property('sump_level', ['集水池水位', 'sump level'], 'm', { needsDatum: true, sensorSpan: [-100, 9_000] }),
  property('discharge', ['流量', 'discharge'], 'm3/s', { sensorSpan: [-10_000, 200_000] }),
  property('velocity', ['流速', 'velocity'], 'm/s', { sensorSpan: [-20, 20] }),
  property('rainfall', ['时段雨量', 'rainfall of the period'], 'mm', {
    interpolation: 'period_total',
    sensorSpan: [0, 800],
    spanSource: 'domain',
  }),
  property('rainfall_counter', ['累计雨量', 'accumulated rainfall counter'], 'mm', {
    interpolation: 'counter',
    sensorSpan: [0, 1_000_000],
  }),
  property('water_temperature', ['水温', 'water temperature'], 'Cel', { sensorSpan: [-5, 60] }),
  property('air_temperature', ['气温', 'air temperature'], 'Cel', { sensorSpan: [-60, 70] }),
  property('ph', ['pH', 'pH'], '1', { sensorSpan: [0, 14], spanSource: 'domain' }),
  property('dissolved_oxygen', ['溶解氧', 'dissolved oxygen'], 'mg/L', {
    sensorSpan: [0, 20],
    spanSource: 'domain',
  }),
  property('conductivity', ['电导率', 'conductivity'], 'uS/cm', { sensorSpan: [0, 200_000] }),
  property('turbidity', ['浊度', 'turbidity'], 'NTU', { sensorSpan: [0, 4_000], spanSource: 'domain' }),
  property('ammonia_nitrogen', ['氨氮', 'ammonia nitrogen (as N)'], 'mg/L', {
    sensorSpan: [0, 50],
    spanSource: 'domain',
  }),
  property('total_phosphorus', ['总磷', 'total phosphorus (as P)'], 'mg/L', {
    sensorSpan: [0, 20],
    spanSource: 'domain',
  }),
  property('total_nitrogen', ['总氮', 'total nitrogen (as N)'], 'mg/L', { sensorSpan: [0, 200] }),
  property('permanganate_index', ['高锰酸盐指数', 'permanganate index'], 'mg/L', { sensorSpan: [0, 500] }),
  property('chemical_oxygen_demand', ['化学需氧量', 'chemical oxygen demand'], 'mg/L', {
    sensorSpan: [0, 5_000],
  }),
  property('redox_potential', ['氧化还原电位', 'redox potential'], 'mV', { sensorSpan: [-2_000, 2_000] }),
  property('chlorophyll_a', ['叶绿素a', 'chlorophyll a'], 'mg/L', { sensorSpan: [0, 100] }),
  // As the national page of automatic water-quality sections (CNEMC) gives it beside chlorophyll a.
  property('algal_density', ['藻密度', 'algal density'], 'cells/L', { sensorSpan: [0, 1e12] }),
  // The other items of GB 3838-2002, table 1: laboratories send them, and few stations. The spans are far above any water.
  property('biochemical_oxygen_demand', ['五日生化需氧量', 'biochemical oxygen demand (BOD5)'], 'mg/L', {
    sensorSpan: [0, 5_000],
  }),
  property('copper', ['铜', 'copper'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('zinc', ['锌', 'zinc'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('fluoride', ['氟化物', 'fluoride (as F)'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('selenium', ['硒', 'selenium'], 'mg/L', { sensorSpan: [0, 100] }),
  property('arsenic', ['砷', 'arsenic'], 'mg/L', { sensorSpan: [0, 100] }),
  property('mercury', ['汞', 'mercury'], 'mg/L', { sensorSpan: [0, 10] }),
  property('cadmium', ['镉', 'cadmium'], 'mg/L', { sensorSpan: [0, 100] }),
  property('hexavalent_chromium', ['六价铬', 'hexavalent chromium'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('lead', ['铅', 'lead'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('cyanide', ['氰化物', 'cyanide'], 'mg/L', { sensorSpan: [0, 100] }),
  property('volatile_phenol', ['挥发酚', 'volatile phenol'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('petroleum', ['石油类', 'petroleum'], 'mg/L', { sensorSpan: [0, 10_000] }),
  property('anionic_surfactant', ['阴离子表面活性剂', 'anionic surfactant'], 'mg/L', {
    sensorSpan: [0, 1_000],
  }),
  property('sulfide', ['硫化物', 'sulfide'], 'mg/L', { sensorSpan: [0, 1_000] }),
  property('faecal_coliform', ['粪大肠菌群', 'faecal coliform'], '1/L', { sensorSpan: [0, 1e12] }),
  property('gate_opening', ['闸门开度', 'gate opening'], 'm', { sensorSpan: [-0.1, 50] }),
  property('pump_running', ['水泵运行', 'pump running (0 or 1)'], '1', { sensorSpan: [0, 1] }),
  property('pump_power', ['水泵功率', 'pump power'], 'kW', { sensorSpan: [-1, 20_000] }),
  property('storage_volume', ['蓄水量', 'storage volume'], 'm3', { sensorSpan: [0, 1e11] }),
  property('battery_voltage', ['电池电压', 'battery voltage'], 'V', { sensorSpan: [0, 60] }),
  property('door_open', ['柜门状态', 'cabinet door open (0 or 1)'], '1', { sensorSpan: [0, 1] }),
];

/** Every property a reading may carry. A reading with another name is quarantined `unknown_property`. */
export const OBSERVED_PROPERTIES: ReadonlyMap<string, ObservedProperty> = new Map(
  LIST.map(entry => [entry.name, entry]),
);
