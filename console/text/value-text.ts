import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { Datastream } from '../wire.ts';
import { TEXTS } from './language.ts';
import type { Language } from './language.ts';
import type { TextTable } from './zh.ts';

/** Units as people write them; others stand for themselves. */
const UNITS: Readonly<Record<string, string>> = {
  '1': '',
  'm3/s': 'm³/s',
  m3: 'm³',
  Cel: '°C',
  'uS/cm': 'µS/cm',
};

/** Decimals by unit: fixed, so that digits stand still while values change. */
const DECIMALS: Readonly<Record<string, number>> = {
  m: 3,
  'm3/s': 2,
  'm/s': 2,
  mm: 1,
  Cel: 1,
  '1': 2,
  'mg/L': 2,
  'uS/cm': 0,
  NTU: 1,
  mV: 0,
  kW: 1,
  m3: 0,
  V: 2,
};

export function unitText(unit: string): string {
  return UNITS[unit] ?? unit;
}

/** A number in the decimals of its unit. */
export function numberText(v: number, unit: string): string {
  return v.toFixed(decimalsOf(unit));
}

/** The smallest difference that two texts of a unit can show. */
export function resolutionOf(unit: string): number {
  return 10 ** -decimalsOf(unit);
}

function decimalsOf(unit: string): number {
  return DECIMALS[unit] ?? 2;
}

/** A whole number with its thousands apart. */
export function countText(n: number): string {
  return String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** What a value says, without unit; states in words. A missing value is a dash. */
export function valueText(
  { property, unit }: Pick<Datastream, 'property' | 'unit'>,
  v: number | null,
  text: TextTable,
): string {
  if (v === null) return '–';
  if (property === 'pump_running' && (v === 0 || v === 1)) return text.running[v];
  if (property === 'door_open' && (v === 0 || v === 1)) return text.open[v];
  return numberText(v, unit);
}

/** Names in English that are too long for a cell of the list. */
const SHORT_ENGLISH: Readonly<Record<string, string>> = {
  manhole_level: 'manhole level',
  rainfall: 'rainfall',
  rainfall_counter: 'rain counter',
  ammonia_nitrogen: 'ammonia N',
  total_phosphorus: 'total P',
  total_nitrogen: 'total N',
  chemical_oxygen_demand: 'COD',
};

/** The name of a property, short enough for a cell. */
export function propertyText(property: string, language: Language): string {
  const known = OBSERVED_PROPERTIES.get(property);
  if (known === undefined) return property;
  return language === 'zh' ? known.nameZh : (SHORT_ENGLISH[property] ?? known.nameEn.replace(/ \(.*\)$/, ''));
}

/** The name of a datastream: its property and, where the station has several, which one. */
export function datastreamText(
  { property, instance }: Pick<Datastream, 'property' | 'instance'>,
  language: Language,
): string {
  const name = propertyText(property, language);
  return instance === null ? name : `${name} ${instanceText(instance, language)}`;
}

function instanceText(instance: string, language: Language): string {
  const { instances } = TEXTS[language];
  return Object.hasOwn(instances, instance) ? (instances[instance] ?? instance) : instance;
}
