import { didYouMean } from '../nearest-name.ts';
import { standText } from './site-problems.ts';
import type { SiteProblems } from './site-problems.ts';
import type { SiteSource } from './read-site-folder.ts';
import { LISTS, idOf, placeIn } from './source-entry.ts';
import type { ListName, SourceEntry } from './source-entry.ts';

/** Lists whose ids share a namespace; every other list has its own, and datastreams that of their station. */
const SHARED: readonly (readonly ListName[])[] = [
  ['stations', 'gateways', 'subscribers'],
  ['assets', 'reaches'],
];
const NAMESPACES: readonly (readonly ListName[])[] = [
  ...SHARED,
  ...LISTS.filter(list => list !== 'datastreams' && !SHARED.flat().includes(list)).map(list => [list]),
];

/** Unknown names that are told with their nearest neighbour; the search for it looks at every known name. */
const HINTS_MAX = 100;

/** The entries of a site by list and id. Entries that are wrong in themselves count: they are there. */
export class SiteIndex {
  readonly #lists: ReadonlyMap<ListName, readonly SourceEntry[]>;
  readonly #byId: ReadonlyMap<ListName, ReadonlyMap<string, SourceEntry>>;
  readonly #unreadWords: ReadonlySet<string>;
  #hints = 0;

  constructor(source: Pick<SiteSource, 'entries' | 'unreadWords'>) {
    this.#lists = new Map(LISTS.map(name => [name, source.entries.filter(({ list }) => list === name)]));
    this.#byId = new Map(
      [...this.#lists].map(([list, entries]) => [
        list,
        // The first of two with the same id stands.
        new Map(entries.toReversed().flatMap(entry => idPair(entry))),
      ]),
    );
    this.#unreadWords = source.unreadWords;
  }

  entries(list: ListName): readonly SourceEntry[] {
    return this.#lists.get(list) ?? [];
  }

  find(list: ListName, id: unknown): SourceEntry | undefined {
    return typeof id === 'string' ? this.#byId.get(list)?.get(id) : undefined;
  }

  /** True where the id stands in a file that could not be read. */
  isUnread(id: string): boolean {
    return this.#unreadWords.has(id);
  }

  /** True where one of the lists has the id, or may have it in a file that could not be read. */
  mayHave(lists: readonly ListName[], id: string): boolean {
    return this.isUnread(id) || lists.some(list => this.find(list, id) !== undefined);
  }

  /** ` Did you mean "…"?` with the nearest id of the lists. */
  hint(lists: readonly ListName[], id: string): string {
    this.#hints += 1;
    if (this.#hints > HINTS_MAX) return '';
    return didYouMean(id, new Set(lists.flatMap(list => [...(this.#byId.get(list)?.keys() ?? [])])));
  }

  tellDuplicates(problems: SiteProblems): void {
    for (const lists of NAMESPACES) {
      const seen = new Map<string, SourceEntry>();
      for (const entry of lists.flatMap(list => this.entries(list))) {
        const id = idOf(entry.value, entry.list);
        if (id === undefined) continue;
        const first = seen.get(id);
        if (first === undefined) seen.set(id, entry);
        else {
          const place = placeIn(entry, entry.list === 'flow' ? [] : ['id']);
          problems.add(place, `"${id}" stands at ${standText(placeIn(first))} already`);
        }
      }
    }
  }
}

function idPair(entry: SourceEntry): readonly (readonly [string, SourceEntry])[] {
  const id = idOf(entry.value, entry.list);
  return id === undefined ? [] : [[id, entry]];
}
