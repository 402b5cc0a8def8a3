import type { JSX } from 'preact';

import { countBySeverity } from '../alarm/alarm-order.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { hashOf } from '../route/route.ts';
import type { Route } from '../route/route.ts';
import { countText } from '../text/value-text.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

interface PlaceNavProps {
  readonly route: Route;
  readonly alarms: LiveDistrict['alarms'];
}

const PLACES = ['stations', 'alarms', 'record', 'rules'] as const;

/** The places of the page; beside the warnings in force stand their number and their highest severity. */
export function PlaceNav({ route, alarms }: PlaceNavProps): JSX.Element {
  const { text } = useWords();
  const highest = countBySeverity(alarms.values()).find(([, count]) => count > 0)?.[0];
  return (
    <nav class="places" aria-label={text.navigation}>
      {PLACES.map(kind => (
        <a
          key={kind}
          href={hashOf({ kind })}
          aria-current={kind === route.kind ? 'page' : undefined}
          data-within={
            (kind === 'alarms' && route.kind === 'alarm') || (kind === 'stations' && route.kind === 'station')
          }
        >
          {text.places[kind]}
          {kind !== 'alarms' ? null : highest === undefined ? (
            <span class="place-count">0</span>
          ) : (
            <span class="chip" data-severity={highest} title={text.severityWarning(text.severity[highest])}>
              <Icon name="warning" />
              {countText(alarms.size)}
              <span class="visually-hidden">{text.severityWarning(text.severity[highest])}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
