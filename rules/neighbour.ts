import type { RuleInput } from './plan.ts';
import { inputOf } from './subject.ts';
import type { SiteView, Subject } from './subject.ts';

/** The datastreams of the station's neighbours that measure the same property from the same datum. */
export function neighboursOf({ station, datastream }: Subject, { registry }: SiteView): readonly RuleInput[] {
  return (station.neighbours ?? []).flatMap(id => {
    const neighbour = registry.things.get(id);
    if (neighbour?.kind !== 'station') return [];
    return neighbour.datastreams
      .filter(({ property, datum }) => property === datastream.property && datum === datastream.datum)
      .map(other => inputOf(neighbour, other));
  });
}
