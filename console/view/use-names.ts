import { subjectParts } from '../alarm/subject.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import { datastreamText } from '../text/value-text.ts';
import type { Station } from '../wire.ts';
import { useWords } from './words.ts';

/** What stations, points and rules are called in the language of the page. */
export interface AlarmNames {
  /** The name of a station; its id where it is not registered any more. */
  readonly station: (id: string) => string;
  /** What a datastream measures, without its station. */
  readonly point: (subject: string) => string;
  /** Station and point. */
  readonly whole: (subject: string) => string;
  /** The name of the rule; its id where it is no longer known. */
  readonly rule: (alarm: Pick<Alarm, 'rule' | 'ruleName' | 'ruleNameEn'>) => string;
}

export function useNames(stations: ReadonlyMap<string, Station>): AlarmNames {
  const { language, nameOf } = useWords();
  const station = (id: string): string => {
    const known = stations.get(id);
    return known === undefined ? id : nameOf(known);
  };
  const point = (subject: string): string => datastreamText(subjectParts(subject), language);
  return {
    station,
    point,
    whole: subject => `${station(subjectParts(subject).station)} · ${point(subject)}`,
    rule: ({ rule, ruleName, ruleNameEn }) =>
      ruleName === null ? rule : nameOf({ name: ruleName, nameEn: ruleNameEn }),
  };
}
