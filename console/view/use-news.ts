import { useEffect, useRef, useState } from 'preact/hooks';

import { byUrgency } from '../alarm/alarm-order.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';

/** The most urgent of the warnings that came into force with the last change; for a screen reader to say once. */
export function useNews(alarms: ReadonlyMap<string, Alarm> | undefined): Alarm | undefined {
  const known = useRef<ReadonlyMap<string, Alarm> | undefined>(undefined);
  const [news, setNews] = useState<Alarm>();
  useEffect(() => {
    const before = known.current;
    known.current = alarms;
    // What stands there when the page opens is no news.
    if (before === undefined || alarms === undefined) return;
    const [first] = [...alarms.values()].filter(({ id }) => !before.has(id)).sort(byUrgency);
    if (first !== undefined) setNews(first);
  }, [alarms]);
  return news;
}
