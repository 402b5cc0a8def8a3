import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { MINUTE_MS } from '../../domain/time/instant.ts';
import { countText, datastreamText } from '../text/value-text.ts';
import { MINUTE_KINDS, byPoint, dayAfter, dayOf, totalOf, watchedPath } from '../watched/watched-day.ts';
import type { DayMinutes, RuleDay, WatchedDay } from '../watched/watched-wire.ts';
import type { Station } from '../wire.ts';
import { Nothing } from './paging.tsx';
import { useAnswer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { useRuleNames } from './use-rule-names.ts';
import { useWords } from './words.ts';

interface WatchedMinutesProps {
  readonly station: Station;
  readonly names: AlarmNames;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** The server counts a whole day of readings for it. */
const READ_AGAIN_MS = 5 * MINUTE_MS;

/** How the minutes of a day were watched: a bar for each rule and point of the station. */
export function WatchedMinutes({ station, names, now }: WatchedMinutesProps): JSX.Element {
  const { text } = useWords();
  const today = dayOf(now);
  const [chosen, setChosen] = useState<string>();
  const day = chosen ?? today;
  const answer = useAnswer<WatchedDay>(
    watchedPath(station.id, day),
    day === today ? Math.floor(now / READ_AGAIN_MS) : day,
  );
  const choose = (next: string): void => setChosen(next === '' || next >= today ? undefined : next);
  return (
    <section class="watched" aria-label={text.watched}>
      <h3>{text.watched}</h3>
      <p class="hint">{text.watchedMeaning}</p>
      <div class="filters">
        <button class="quiet" type="button" onClick={() => choose(dayAfter(day, -1))}>
          ‹ {text.previousDay}
        </button>
        <input
          type="date"
          name="watched-day"
          aria-label={text.watchedDate}
          max={today}
          value={day}
          onChange={event => choose(event.currentTarget.value)}
        />
        <button class="quiet" type="button" disabled={day === today} onClick={() => choose(dayAfter(day, 1))}>
          {text.nextDay} ›
        </button>
        {day === today ? null : (
          <button class="link" type="button" onClick={() => setChosen(undefined)}>
            {text.today}
          </button>
        )}
      </div>
      {answer.kind === 'read' ? (
        <Day days={answer.value.items} station={station} names={names} />
      ) : (
        <Nothing kind={answer.kind === 'reading' ? 'reading' : 'failed'} emptyText="" />
      )}
    </section>
  );
}

interface DayProps extends Omit<WatchedMinutesProps, 'now'> {
  readonly days: readonly RuleDay[];
}

function Day({ days, station, names }: DayProps): JSX.Element {
  const { language, text } = useWords();
  const ruleName = useRuleNames();
  const groups = byPoint(days);
  const unwatched = station.datastreams.filter(({ name }) => !groups.has(`${station.id}/${name}`));
  if (days.length === 0) return <p class="nothing">{text.noWatchedDay}</p>;
  return (
    <>
      <Legend />
      <div class="table-frame">
        <table class="watched-table">
          <caption class="visually-hidden">{text.watched}</caption>
          <thead>
            <tr>
              <th scope="col">{text.alarmColumns.rule}</th>
              <th scope="col" />
              {MINUTE_KINDS.map(kind => (
                <th key={kind} scope="col" class="number">
                  {text.minuteKinds[kind]}
                </th>
              ))}
              <th scope="col" class="number">
                {text.watchedTotal}
              </th>
            </tr>
          </thead>
          {[...groups].map(([subject, rules]) => (
            <tbody key={subject} data-point={subject}>
              <tr class="watched-point">
                <th scope="rowgroup" colSpan={MINUTE_KINDS.length + 3}>
                  {names.point(subject)}
                </th>
              </tr>
              {rules.map(({ rule, minutes }) => (
                <RuleRow key={rule} rule={rule} name={ruleName(rule)} minutes={minutes} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
      {unwatched.length === 0 ? null : (
        <p class="hint">
          {text.notWatchedPoints(
            unwatched.map(datastream => datastreamText(datastream, language)).join(text.listJoin),
          )}
        </p>
      )}
    </>
  );
}

/** What each pattern means: colour is the least of it. */
function Legend(): JSX.Element {
  const { text } = useWords();
  return (
    <dl class="watched-legend">
      {MINUTE_KINDS.map(kind => (
        <div key={kind}>
          <dt>
            <span class="minutes" data-minutes={kind} />
            {text.minuteKinds[kind]}
          </dt>
          <dd>{text.minuteMeanings[kind]}</dd>
        </div>
      ))}
    </dl>
  );
}

interface RuleRowProps {
  readonly rule: string;
  readonly name: string;
  readonly minutes: DayMinutes;
}

function RuleRow({ rule, name, minutes }: RuleRowProps): JSX.Element {
  const { text } = useWords();
  return (
    <tr data-rule={rule}>
      <th scope="row">{name}</th>
      <td class="watched-bar">
        <span aria-hidden="true">
          {MINUTE_KINDS.filter(kind => minutes[kind] > 0).map(kind => (
            <span key={kind} class="minutes" data-minutes={kind} style={{ flexGrow: minutes[kind] }} />
          ))}
        </span>
      </td>
      {MINUTE_KINDS.map(kind => (
        <td
          key={kind}
          class="number"
          data-kind={kind}
          data-label={text.minuteKinds[kind]}
          data-empty={minutes[kind] === 0}
        >
          {countText(minutes[kind])}
        </td>
      ))}
      <td class="number" data-label={text.watchedTotal}>
        {countText(totalOf(minutes))}
      </td>
    </tr>
  );
}
