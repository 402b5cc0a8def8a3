import type { JSX } from 'preact';

import type { Alarm } from '../alarm/alarm-wire.ts';
import { peakMeasure, peakText } from '../alarm/peak-text.ts';
import type { AlarmReasons } from '../alarm/reasons-wire.ts';
import { hashOf } from '../route/route.ts';
import { longSpan } from '../text/long-span.ts';
import { fullInstant } from '../text/local-time.ts';
import { AlarmHistory } from './alarm-history.tsx';
import { AlarmMarks } from './alarm-marks.tsx';
import { DecisionList } from './decision-list.tsx';
import { Nothing } from './paging.tsx';
import { SeverityChip } from './severity-chip.tsx';
import { StepWhy } from './step-why.tsx';
import { useAnswer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { ViewTitle } from './view-title.tsx';
import { useWords } from './words.ts';

interface AlarmViewProps {
  readonly id: string;
  /** The alarm as the stream tells it, while it is in force. */
  readonly live: Alarm | undefined;
  readonly names: AlarmNames;
  /** The server's clock, epoch ms. */
  readonly now: number;
  /** Whether the point is still registered. */
  readonly canShowCurve: (alarm: Alarm) => boolean;
  /** Opens the curve of `station/property[.instance]`. */
  readonly onCurve: (subject: string) => void;
}

/** One alarm: what it is, why it is, and what was known of it when. */
export function AlarmView(props: AlarmViewProps): JSX.Element {
  const { text } = useWords();
  const { id, live, names, now, onCurve } = props;
  const path = `/api/v1/alarms/${encodeURIComponent(id)}`;
  // What the stream tells of it is the occasion to ask again: a change of its content, and its end.
  const occasion = live?.changedAt;
  const record = useAnswer<Alarm>(path, occasion);
  const reasons = useAnswer<AlarmReasons>(`${path}/why`, occasion);
  const alarm = live ?? (record.kind === 'read' ? record.value : undefined);
  if (alarm === undefined) {
    return (
      <div class="view">
        <BackLink />
        {record.kind === 'missing' ? (
          <p class="nothing">{text.alarmUnknown}</p>
        ) : (
          <Nothing kind={record.kind} emptyText="" />
        )}
      </div>
    );
  }
  return (
    <div class="view alarm-view" data-severity={alarm.severity}>
      <BackLink />
      <ViewTitle title={names.rule(alarm)}>
        <SeverityChip severity={alarm.severity} isWhole />
        <AlarmMarks alarm={alarm} now={now} />
      </ViewTitle>
      <p class="alarm-where">
        {names.whole(alarm.subject)}{' '}
        <a href={hashOf({ kind: 'station', id: alarm.station })}>{alarm.station}</a>
        {props.canShowCurve(alarm) ? (
          <button class="link" type="button" onClick={() => onCurve(alarm.subject)}>
            {text.showCurve}
          </button>
        ) : null}
      </p>
      <AlarmFacts alarm={alarm} now={now} />
      <h3>{text.why}</h3>
      {reasons.kind === 'read' ? (
        <Reasons reasons={reasons.value} names={names} />
      ) : (
        <p class="nothing">{reasons.kind === 'reading' ? text.curveLoading : text.whyUnread}</p>
      )}
    </div>
  );
}

function BackLink(): JSX.Element {
  const { text } = useWords();
  return (
    <a class="back-link" href={hashOf({ kind: 'alarms' })}>
      ‹ {text.backToAlarms}
    </a>
  );
}

function AlarmFacts({ alarm, now }: { readonly alarm: Alarm; readonly now: number }): JSX.Element {
  const { text } = useWords();
  const { begin, end, peak, inForce, state, firstKnownAt, changedAt, basis, rule, into } = alarm;
  const isGone = state === 'withdrawn' || state === 'merged';
  const lasts = longSpan(Math.max(0, (end ?? now) - begin), text);
  const facts: readonly (readonly [name: string, value: string, note?: string | undefined])[] = [
    [text.facts.state, text.recordState[state], inForce ? text.inForce : text.notInForce],
    [text.facts.begin, fullInstant(begin)],
    [
      text.facts.end,
      end !== null ? fullInstant(end) : isGone ? '–' : text.stillOpen,
      isGone ? undefined : text.lastsSo(lasts),
    ],
    [
      text.facts.peak,
      peakText(alarm, text),
      [peakMeasure(alarm, text), fullInstant(peak.t)].filter(Boolean).join(' · '),
    ],
    [text.facts.firstKnown, fullInstant(firstKnownAt)],
    [text.facts.changed, fullInstant(changedAt)],
    [text.facts.basis, text.basisVersions(basis.ruleSet, basis.registry), rule],
  ];
  return (
    <dl class="fact-list">
      {facts.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note === undefined ? null : <span class="fact-note">{note}</span>}
          </dd>
        </div>
      ))}
      {into === null ? null : (
        <div>
          <dt>{text.change.merged}</dt>
          <dd>
            <a href={hashOf({ kind: 'alarm', id: into })}>{into}</a>
          </dd>
        </div>
      )}
    </dl>
  );
}

interface ReasonsProps {
  readonly reasons: AlarmReasons;
  readonly names: AlarmNames;
}

/** Every severity and what it rests on, the highest first; then all that took part beside readings, then what was known when. */
function Reasons({ reasons, names }: ReasonsProps): JSX.Element {
  const { text } = useWords();
  const { steps, subject, gaps, decisions, changes } = reasons;
  return (
    <>
      {steps.toReversed().map((step, index) => (
        <StepWhy
          key={step.severity}
          step={step}
          subject={subject}
          names={names}
          isOpen={index === 0}
          isStepUp={index < steps.length - 1}
        />
      ))}
      {gaps === null ? null : (
        <p class="gap-note">
          {text.gapSummary(
            gaps.count,
            longSpan(gaps.totalMs, text),
            `${fullInstant(gaps.lastFrom)} – ${fullInstant(gaps.lastTo)}`,
          )}
        </p>
      )}
      <h3>{text.otherInputs}</h3>
      <DecisionList decisions={decisions} names={names} />
      <h3>{text.history}</h3>
      <AlarmHistory changes={changes} />
    </>
  );
}
