import type { Geometry, Position } from '../../domain/model/district.ts';
import { pathText, schemaProblems } from '../schema-problems.ts';
import { lineShape, polygonShape } from './geometry-schema.ts';
import type { SiteIndex } from './site-index.ts';
import { standText } from './site-problems.ts';
import type { SiteProblems } from './site-problems.ts';
import { placeIn } from './source-entry.ts';
import type { SourceEntry, SourceShape } from './source-entry.ts';

/** A place further from the middle of all places than this is a mistake: no district is that large. */
const SPREAD_DEG = 5;
/** How far a shape may reach out of the box around the assets. */
const SHAPE_MARGIN_DEG = 0.5;

/** Fewer places have no middle that could be trusted. */
const PLACES_MIN = 3;

interface Placed {
  readonly entry: SourceEntry;
  readonly latitude: number;
  readonly longitude: number;
}

interface Box {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** Shapes by list and id, `assets/p1`. */
export type Shapes = ReadonlyMap<string, Geometry>;

/** Places far from all others, and shapes of the wrong kind or elsewhere; answers the shapes that are right. */
export function checkPlaces(
  index: SiteIndex,
  shapes: readonly SourceShape[],
  problems: SiteProblems,
): Shapes {
  const assets = placed(index.entries('assets'));
  const places = [...assets, ...placed(index.entries('stations'))];
  const isNear = places.length < PLACES_MIN ? () => true : nearMiddle(places);
  for (const place of places) if (!isNear(place)) tellFar(place, isNear, problems);
  const near = (assets.length > 0 ? assets : places).filter(isNear);
  const box = near.length === 0 ? undefined : boxAround(near);
  const good = new Map<string, Geometry>();
  const seen = new Map<string, SourceShape>();
  for (const shape of shapes) {
    const key = `${shape.list}/${shape.id}`;
    const first = seen.get(key);
    seen.set(key, first ?? shape);
    if (first !== undefined) problems.add(shape.place, `has a shape at ${standText(first.place)} already`);
    const geometry = checkShape(shape, { index, box, problems });
    if (geometry !== undefined) good.set(key, geometry);
  }
  return good;
}

function placed(entries: readonly SourceEntry[]): readonly Placed[] {
  return entries.flatMap(entry => {
    const { latitude, longitude } = entry.value;
    if (typeof latitude !== 'number' || typeof longitude !== 'number') return [];
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [{ entry, latitude, longitude }] : [];
  });
}

type Nearness = (place: { readonly latitude: number; readonly longitude: number }) => boolean;

/** The median: half of all places may be wrong before it moves away. */
function nearMiddle(places: readonly Placed[]): Nearness {
  const middle = {
    latitude: median(places.map(({ latitude }) => latitude)),
    longitude: median(places.map(({ longitude }) => longitude)),
  };
  return ({ latitude, longitude }) =>
    Math.abs(latitude - middle.latitude) <= SPREAD_DEG &&
    Math.abs(longitude - middle.longitude) <= SPREAD_DEG;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function tellFar({ entry, latitude, longitude }: Placed, isNear: Nearness, problems: SiteProblems): void {
  const isSwapped = isNear({ latitude: longitude, longitude: latitude });
  problems.add(
    placeIn(entry, ['latitude']),
    `(${latitude}, ${longitude}) lies more than ${SPREAD_DEG} degrees from the middle of the site` +
      (isSwapped ? '; are latitude and longitude swapped?' : ''),
  );
}

function boxAround(places: readonly Placed[]): Box {
  const range = (values: readonly number[], pick: (a: number, b: number) => number): number =>
    values.reduce((a, b) => pick(a, b));
  const latitudes = places.map(({ latitude }) => latitude);
  const longitudes = places.map(({ longitude }) => longitude);
  return {
    south: range(latitudes, Math.min) - SHAPE_MARGIN_DEG,
    north: range(latitudes, Math.max) + SHAPE_MARGIN_DEG,
    west: range(longitudes, Math.min) - SHAPE_MARGIN_DEG,
    east: range(longitudes, Math.max) + SHAPE_MARGIN_DEG,
  };
}

/** What kind of asset is a line on the map. */
const LINES: readonly unknown[] = ['pipe', 'replenishment_pipe'];

const WHAT = { basins: 'basin', reaches: 'reach', assets: 'asset' } as const;

function checkShape(
  { list, id, geometry, place }: SourceShape,
  site: { readonly index: SiteIndex; readonly box: Box | undefined; readonly problems: SiteProblems },
): Geometry | undefined {
  const { index, box, problems } = site;
  const owner = index.find(list, id);
  if (owner === undefined) {
    if (index.isUnread(id)) return undefined;
    problems.add(place, `"${id}" is no ${WHAT[list]} of this site.${index.hint([list], id)}`);
    return undefined;
  }
  const { type } = owner.value;
  if (list === 'assets' && !LINES.includes(type)) {
    problems.add(place, `belongs to a ${String(type)}: of the assets only pipes have a shape`);
    return undefined;
  }
  const parsed = (list === 'basins' ? polygonShape : lineShape).safeParse(geometry);
  if (!parsed.success) {
    for (const { keys, message } of schemaProblems(parsed.error)) {
      const wanted = list === 'basins' ? 'Polygon or MultiPolygon' : 'LineString or MultiLineString';
      const isType = keys.length === 0 || (keys.length === 1 && keys[0] === 'type');
      const path = `${place.path ?? ''}.${pathText(['geometry', ...keys])}`;
      problems.add({ ...place, path }, isType ? `must be a ${wanted}` : message);
    }
    return undefined;
  }
  const shape: Geometry = parsed.data;
  const outside =
    box === undefined ? undefined : positionsOf(shape).find(position => !isInside(position, box));
  if (outside === undefined) return shape;
  const where = `[${outside.join(', ')}] lies more than ${SHAPE_MARGIN_DEG} degrees outside of the assets`;
  problems.add({ ...place, path: `${place.path ?? ''}.geometry` }, where);
  return undefined;
}

function isInside([longitude, latitude]: Position, { south, north, west, east }: Box): boolean {
  return latitude >= south && latitude <= north && longitude >= west && longitude <= east;
}

function positionsOf(shape: Geometry): readonly Position[] {
  switch (shape.type) {
    case 'LineString':
      return shape.coordinates;
    case 'MultiLineString':
    case 'Polygon':
      return shape.coordinates.flat();
    case 'MultiPolygon':
      return shape.coordinates.flat(2);
  }
}
