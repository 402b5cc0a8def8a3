/** Levels that are literal in every filter that is ever granted: `ww/v1/{station}/cmd`, `ww/v1/alerts/{basin}`. */
const LITERAL_LEVELS = 4;

/** Values by topic filter, found by topic. Filters with a wildcard in their first four levels match nothing. */
export class TopicIndex<T> {
  readonly #groups = new Map<string, Map<string, Set<T>>>();

  add(filter: string, value: T): void {
    const key = topicGroup(filter);
    let filters = this.#groups.get(key);
    if (filters === undefined) this.#groups.set(key, (filters = new Map()));
    const values = filters.get(filter);
    if (values === undefined) filters.set(filter, new Set([value]));
    else values.add(value);
  }

  remove(filter: string, value: T): void {
    const key = topicGroup(filter);
    const filters = this.#groups.get(key);
    const values = filters?.get(filter);
    if (filters === undefined || values === undefined) return;
    values.delete(value);
    if (values.size === 0) filters.delete(filter);
    if (filters.size === 0) this.#groups.delete(key);
  }

  /** Each value once, although several of its filters match. */
  match(topic: string): ReadonlySet<T> {
    const found = new Set<T>();
    for (const [filter, values] of this.#groups.get(topicGroup(topic)) ?? []) {
      if (filterMatches(filter, topic)) for (const value of values) found.add(value);
    }
    return found;
  }
}

/** Topics and granted filters that can match have the same group. */
export function topicGroup(topicOrFilter: string): string {
  let end = -1;
  for (let level = 0; level < LITERAL_LEVELS; level += 1) {
    end = topicOrFilter.indexOf('/', end + 1);
    if (end === -1) return topicOrFilter;
  }
  return topicOrFilter.slice(0, end);
}

/** [MQTT-4.7.1]: `+` is any one level, `#` any number of them, also none. */
export function filterMatches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const pattern = filter.split('/');
  for (const [index, part] of pattern.entries()) {
    if (part === '#') return true;
    if (index >= levels.length || (part !== '+' && part !== levels[index])) return false;
  }
  return pattern.length === levels.length;
}
