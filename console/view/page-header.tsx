import type { JSX } from 'preact';

import { localTime } from '../text/local-time.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

interface PageHeaderProps {
  readonly district: string;
  /** The server's clock, epoch ms; 0 before it is known. */
  readonly now: number;
  readonly isOverviewOpen: boolean;
  readonly onOverview: () => void;
  /** The account and the switches, where there is room for them. */
  readonly children: JSX.Element;
}

export function PageHeader(props: PageHeaderProps): JSX.Element {
  const { text } = useWords();
  const { date, time } = localTime(props.now);
  return (
    <header class="page-header">
      <button
        class="quiet overview-toggle"
        type="button"
        aria-expanded={props.isOverviewOpen}
        aria-controls="overview"
        onClick={props.onOverview}
      >
        <Icon name={props.isOverviewOpen ? 'close' : 'menu'} />
        <span class="visually-hidden">{text.overview}</span>
      </button>
      <h1 title={props.district}>
        <Icon name="mark" />
        <span>{props.district}</span>
      </h1>
      <time class="clock" title={text.clock}>
        {props.now === 0 ? null : (
          <>
            <span class="clock-date">{date}</span> <span class="clock-time">{time}</span>
          </>
        )}
      </time>
      <div class="header-tools">{props.children}</div>
    </header>
  );
}
