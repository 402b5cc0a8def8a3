import { AppError } from '../../domain/errors.ts';
import { isThingId } from '../../domain/model/identifier.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { LoadPlan } from './load-plan.ts';
import { LOAD_PROPERTIES } from './load-property.ts';

/** The id of the n-th load station, n from 1 to 99,999. */
export function loadStationId(number: number): ThingId {
  const id = `load-${String(number).padStart(5, '0')}`;
  if (!isThingId(id)) throw new AppError('invalid_request', `"${id}" is no station id.`);
  return id;
}

/** The stations a plan needs to be registered before it runs. */
export function loadThings(plan: LoadPlan): readonly StationSpec[] {
  const intervalMs =
    plan.ratePerStation === 'max' ? 1_000 : Math.max(1_000, Math.ceil(1_000 / plan.ratePerStation));
  const datastreams = LOAD_PROPERTIES.slice(0, plan.properties).map(({ property, datum }) =>
    datum === undefined ? { property, intervalMs } : { property, datum, intervalMs },
  );
  return Array.from({ length: plan.stations }, (_, index): StationSpec => {
    const id = loadStationId(plan.firstStation + index);
    return { kind: 'station', id, name: id, basin: 'load', simulated: true, datastreams };
  });
}
