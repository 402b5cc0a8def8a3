import type { JSX } from 'preact';

import { countText } from '../text/value-text.ts';
import type { Ingest } from '../wire.ts';
import { useWords } from './words.ts';

/** How far the readings that were taken are from being stored and seen. */
export function PipelinePanel({ ingest }: { readonly ingest: Ingest }): JSX.Element {
  const { text } = useWords();
  const { oldestUnstoredMs, outstandingReadings, lagBatches, latency, held } = ingest;
  return (
    <section>
      <h2>{text.pipeline}</h2>
      <dl class="figures">
        <dt>{text.oldestUnstored}</dt>
        <dd>{oldestUnstoredMs === 0 ? text.allStored : secondsText(oldestUnstoredMs)}</dd>
        <dt>{text.outstanding}</dt>
        <dd>{countText(outstandingReadings)}</dd>
        <dt>{text.lagBatches}</dt>
        <dd>{text.lagLanes(countText(lagBatches.live), countText(lagBatches.backlog))}</dd>
        <dt>{text.latency}</dt>
        <dd>{latency.count === 0 ? '–' : `${latency.p99.toFixed(latency.p99 < 10 ? 1 : 0)} ms`}</dd>
        {held === 0 ? null : (
          <>
            <dt data-tone="bad">{text.held}</dt>
            <dd data-tone="bad">{countText(held)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
