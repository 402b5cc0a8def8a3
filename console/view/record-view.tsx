import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { ListedAlarm } from '../alarm/alarm-wire.ts';
import { RECORD_STATES, WHOLE_RECORD, instantOf, recordPath } from '../alarm/record-request.ts';
import type { RecordQuery } from '../alarm/record-request.ts';
import { AlarmList } from './alarm-list.tsx';
import { Choice } from './choice.tsx';
import type { AlarmNames } from './use-names.ts';
import { usePages } from './use-pages.ts';
import { More, Nothing } from './paging.tsx';
import { ViewTitle } from './view-title.tsx';
import { useWords } from './words.ts';

interface RecordViewProps {
  readonly names: AlarmNames;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** A storm changes the record every second; nobody reads so fast. */
const READ_AGAIN_MS = 10_000;

/** What was warned of in the last seven days, as it is known now or was known at an instant. */
export function RecordView({ names, basinName, now }: RecordViewProps): JSX.Element {
  const { text } = useWords();
  const [query, setQuery] = useState<RecordQuery>(WHOLE_RECORD);
  const record = usePages<ListedAlarm>(recordPath(query, now), Math.floor(now / READ_AGAIN_MS));
  return (
    <div class="view">
      <ViewTitle title={text.titles.record}>
        <span class="view-count">{text.recordRange}</span>
      </ViewTitle>
      <div class="filters" role="search">
        <Choice
          label={text.filterRecord}
          value={query.state}
          options={RECORD_STATES.map(state => [state, text.recordState[state]] as const)}
          onChoice={state => setQuery({ ...query, state: state as RecordQuery['state'] })}
        />
        <label class="known-at" title={text.knownAtHint}>
          <span>{text.knownAt}</span>
          <input
            type="datetime-local"
            name="known-at"
            value={query.knownAt}
            onChange={event => setQuery({ ...query, knownAt: event.currentTarget.value })}
          />
        </label>
        {query.knownAt === '' ? null : (
          <button class="link" type="button" onClick={() => setQuery({ ...query, knownAt: '' })}>
            {text.now}
          </button>
        )}
      </div>
      {record.items.length === 0 ? (
        <Nothing kind={record.kind} emptyText={text.recordEmpty} />
      ) : (
        <AlarmList
          label={text.titles.record}
          alarms={record.items}
          names={names}
          basinName={basinName}
          // How long an alarm had lasted is told as of the same instant.
          now={instantOf(query.knownAt) ?? now}
        />
      )}
      <More onMore={record.more} />
    </div>
  );
}
