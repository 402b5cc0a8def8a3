import { AppError } from '../errors.ts';

/** Something with an id and links to others of its kind. */
interface Linked {
  readonly datastream: number;
  readonly neighbours?: readonly number[];
  readonly rain?: readonly number[];
}

/**
 * Members that are linked, directly or over others, belong together. Throws `site_invalid` where a link names nobody
 * among them.
 */
export function linkedGroups<Member extends Linked>(
  members: readonly Member[],
): readonly (readonly Member[])[] {
  const placeOf = new Map(members.map(({ datastream }, place) => [datastream, place]));
  const up = Int32Array.from(members, (_, place) => place);
  const rootOf = (place: number): number => {
    let root = place;
    while (up[root] !== root) root = up[root] ?? root;
    for (let at = place; at !== root;) {
      const next = up[at] ?? root;
      up[at] = root;
      at = next;
    }
    return root;
  };
  for (const [place, { neighbours = [], rain = [] }] of members.entries()) {
    for (const links of [neighbours, rain]) {
      for (const id of links) {
        const other = placeOf.get(id);
        if (other === undefined) {
          throw new AppError('site_invalid', `Datastream ${id} is linked but unknown.`);
        }
        up[rootOf(other)] = rootOf(place);
      }
    }
  }
  const groups = new Map<number, Member[]>();
  for (const [place, member] of members.entries()) {
    const root = rootOf(place);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [member]);
    else group.push(member);
  }
  return [...groups.values()];
}
