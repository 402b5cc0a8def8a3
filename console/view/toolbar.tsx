import type { JSX } from 'preact';

import { EVERY_STATION, SORT_ORDERS } from '../district/station-query.ts';
import type { SortOrder, StationQuery } from '../district/station-query.ts';
import { propertyText } from '../text/value-text.ts';
import { Choice } from './choice.tsx';
import { useWords } from './words.ts';

interface ToolbarProps {
  readonly query: StationQuery;
  readonly onQuery: (query: StationQuery) => void;
  readonly basins: readonly string[];
  readonly basinName: (basin: string) => string;
  readonly properties: readonly string[];
  readonly shown: number;
  readonly total: number;
}

export function Toolbar(props: ToolbarProps): JSX.Element {
  const { language, text } = useWords();
  const { query, onQuery, basins, properties, shown, total } = props;
  const isNarrowed = shown !== total || query.text !== '';
  const states = [
    ['warning', text.alarm.warning],
    ['unknown', text.alarm.unknown],
    ['normal', text.alarm.normal],
    ['blind', text.data.blind],
    ['suspect', text.data.suspect],
    ['good', text.data.good],
  ] as const;
  return (
    <div class="toolbar" role="search">
      <input
        type="search"
        placeholder={text.search}
        aria-label={text.search}
        value={query.text}
        onInput={event => onQuery({ ...query, text: event.currentTarget.value })}
      />
      <Choice
        label={text.filterBasin}
        value={query.basin}
        options={[['', text.anyBasin], ...basins.map(basin => [basin, props.basinName(basin)] as const)]}
        onChoice={basin => onQuery({ ...query, basin })}
      />
      <Choice
        label={text.filterState}
        value={query.state}
        options={[['', text.anyState], ...states]}
        onChoice={state => onQuery({ ...query, state: state as StationQuery['state'] })}
      />
      <Choice
        label={text.filterProperty}
        value={query.property}
        options={[
          ['', text.anyProperty],
          ...properties.map(property => [property, propertyText(property, language)] as const),
        ]}
        onChoice={property => onQuery({ ...query, property })}
      />
      <Choice
        label={text.sortBy}
        value={query.sort}
        options={SORT_ORDERS.map(order => [order, text.sort[order]] as const)}
        onChoice={sort => onQuery({ ...query, sort: sort as SortOrder })}
      />
      <span class="shown" role="status">
        {text.stationCount(shown, total)}
      </span>
      {isNarrowed ? (
        <button type="button" class="link" onClick={() => onQuery({ ...EVERY_STATION, sort: query.sort })}>
          {text.clearFilters}
        </button>
      ) : null}
    </div>
  );
}
