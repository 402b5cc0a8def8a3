import { AppError } from '../../domain/errors.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import { effectOf } from './behaviour-kinds.ts';
import type { Behaviour } from './behaviour-kinds.ts';
import type { Effect } from './behaviour.ts';
import type { Span } from './span.ts';

/** An effect and the kind of behaviour it comes from. */
export interface CastEffect extends Effect {
  readonly kind: Behaviour['kind'];
}

/**
 * Who does what, by station id. A share is drawn by the seed among those that can do it, at least one of them.
 *
 * @throws AppError `scenario_invalid` where a named station is not there
 */
export function castBehaviours(
  behaviours: readonly Behaviour[],
  cast: { readonly stations: readonly StationSpec[]; readonly span: Span; readonly seed: number },
): ReadonlyMap<string, readonly CastEffect[]> {
  const { stations, span, seed } = cast;
  const known = new Set<string>(stations.map(({ id }) => id));
  const problems: string[] = [];
  const effects = new Map<string, CastEffect[]>();
  for (const [index, behaviour] of behaviours.entries()) {
    for (const [place, id] of (behaviour.stations ?? []).entries()) {
      if (!known.has(id))
        problems.push(`behaviours[${index}].stations[${place}] "${id}" is no simulated station`);
    }
    const label = `${index}/${behaviour.kind}`;
    const from = epochMs(span.from + behaviour.from);
    const to = epochMs(behaviour.duration === undefined ? span.to : from + behaviour.duration);
    for (const { id } of chosen(behaviour, stations, { seed, label })) {
      const effect = effectOf(behaviour, { span: { from, to }, seed, label: `${label}/${id}` });
      const own = effects.get(id) ?? [];
      effects.set(id, own);
      own.push({ kind: behaviour.kind, ...effect });
    }
  }
  if (problems.length > 0) {
    throw new AppError('scenario_invalid', 'The scenario does not fit the stations.', { problems });
  }
  return effects;
}

function chosen(
  { stations: named, share, properties }: Behaviour,
  stations: readonly StationSpec[],
  draw: { readonly seed: number; readonly label: string },
): readonly StationSpec[] {
  const able = stations.filter(
    ({ id, datastreams }) =>
      (named === undefined || named.includes(id)) &&
      (properties === undefined || datastreams.some(({ property }) => properties.includes(property))),
  );
  if (share === undefined) return able;
  const lots = able.map(station => ({
    station,
    lot: new Random(draw.seed, `${draw.label}/lot/${station.id}`).next(),
  }));
  return lots
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, Math.max(1, Math.round(share * able.length)))
    .map(({ station }) => station);
}
