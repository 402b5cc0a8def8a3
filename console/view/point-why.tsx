import type { ComponentChildren, JSX } from 'preact';

import type { Alarm } from '../alarm/alarm-wire.ts';
import { gapText } from '../alarm/gap-text.ts';
import type { PointReasons, RuleAtPoint, RuleState } from '../alarm/point-wire.ts';
import { qualitySentences } from '../alarm/quality-sentences.ts';
import type { QualityReasons } from '../alarm/quality-wire.ts';
import { subjectParts } from '../alarm/subject.ts';
import { inUrgency, ruleSentences, verdictOf } from '../alarm/why-not.ts';
import type { ChosenTime } from '../curve/chosen-time.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import { ConditionTable } from './condition-table.tsx';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';
import { InputTable } from './input-table.tsx';
import { SeverityChip } from './severity-chip.tsx';
import { minuteOf, useAnswer } from './use-answer.ts';
import type { Answer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { useRuleNames } from './use-rule-names.ts';
import { useSettled } from './use-settled.ts';
import { useWords } from './words.ts';

interface PointWhyProps {
  /** `station/property[.instance]` */
  readonly subject: string;
  readonly chosen: ChosenTime;
  /** The warnings in force of the point. */
  readonly alarms: readonly Alarm[];
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly names: AlarmNames;
  readonly onNow: () => void;
  readonly onClose: () => void;
}

const SETTLES_MS = 200;

/** Why there is a warning at a point, or why there is none, rule by rule, at the chosen time. */
export function PointWhy(props: PointWhyProps): JSX.Element {
  const { subject, chosen, alarms, now, names } = props;
  const { text } = useWords();
  const path = useSettled(whyPath(subject, chosen), SETTLES_MS);
  const answer = useAnswer<PointReasons>(path, occasionOf(alarms, now));
  const isAsking = answer.kind === 'reading' || path !== whyPath(subject, chosen);
  const reasons = !isAsking && answer.kind === 'read' ? answer.value : undefined;
  const seen = reasons === undefined ? null : newestSeen(reasons, subject);
  // Late data alone take nothing back: what they have ended is in force until a live reading agrees.
  const inForce = chosen === 'now' ? alarms : [];
  const verdict =
    reasons === undefined
      ? text.curveLoading
      : text.verdict[inForce.length > 0 ? 'warning' : verdictOf(reasons)];
  return (
    <section class="why" aria-label={verdict} aria-busy={isAsking}>
      <div class="why-head">
        <h3>{verdict}</h3>
        <span class="hint">
          {chosen === 'now'
            ? text.asOfNow(shortInstant(reasons?.at ?? now))
            : text.asOf(shortInstant(chosen))}
        </span>
        {chosen === 'now' ? null : (
          <button class="link" type="button" onClick={props.onNow}>
            {text.backToNow}
          </button>
        )}
        <button
          class="quiet curve-close"
          type="button"
          aria-label={text.whyClose}
          title={text.whyClose}
          onClick={props.onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="why-body" role="status">
        {reasons === undefined ? (
          <p class="hint">{isAsking ? '' : unreadText(answer, text.whyUnread)}</p>
        ) : (
          <>
            {seen === null ? null : <ReadingQuality subject={subject} at={seen} />}
            <Reasons reasons={reasons} inForce={inForce} subject={subject} names={names} />
          </>
        )}
      </div>
    </section>
  );
}

function whyPath(subject: string, chosen: ChosenTime): string {
  const path = `${datastreamPath(subject)}/why`;
  return chosen === 'now' ? path : `${path}?at=${String(chosen)}`;
}

/** phenomenonTime of the newest reading of the point that a rule saw; null where none saw any. */
function newestSeen({ rules }: PointReasons, subject: string): number | null {
  const times = rules
    .flatMap(({ inputs }) => inputs)
    .flatMap(({ input, t }) => (input === subject && t !== null ? [t] : []));
  return times.length === 0 ? null : Math.max(...times);
}

function datastreamPath(subject: string): string {
  const { station, datastream } = subjectParts(subject);
  return `/api/v1/datastreams/${encodeURIComponent(station)}/${encodeURIComponent(datastream)}`;
}

/** A reading, and what the quality tests say of it; nothing until that is known. */
function ReadingQuality({
  subject,
  at,
}: {
  readonly subject: string;
  readonly at: number;
}): JSX.Element | null {
  const { text } = useWords();
  const answer = useAnswer<QualityReasons>(`${datastreamPath(subject)}/quality?at=${String(at)}`, undefined);
  if (answer.kind !== 'read') return null;
  return (
    <div class="why-quality" data-flag={answer.value.flag}>
      {qualitySentences(answer.value, subject, text).map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

/** What may change the answer: a warning that comes or changes, and time. */
function occasionOf(alarms: readonly Alarm[], now: number): string {
  return [minuteOf(now), ...alarms.map(({ id, changedAt }) => `${id} ${String(changedAt)}`)].join();
}

function unreadText({ kind }: Answer<unknown>, unread: string): string {
  return kind === 'read' ? '' : unread;
}

interface ReasonsProps {
  readonly reasons: PointReasons;
  /** Warnings that stand whatever the rules say. */
  readonly inForce: readonly Alarm[];
  readonly subject: string;
  readonly names: AlarmNames;
}

function Reasons({ reasons, inForce, subject, names }: ReasonsProps): JSX.Element {
  const { text } = useWords();
  const ruleName = useRuleNames();
  const { outage, rules, gaps } = reasons;
  const listed = new Set(rules.map(({ rule }) => rule));
  const others = gaps.filter(({ rule }) => !listed.has(rule));
  return (
    <>
      {outage === null ? null : (
        <p class="why-note" data-note="outage">
          <Icon name="disconnected" /> {text.outageThen(shortInstant(outage.from), shortInstant(outage.t))}
          {rules.length === 0 ? '' : ` ${text.judgedSince}`}
        </p>
      )}
      {rules.length === 0 ? (
        <p class="why-note">
          <Icon name="unknown" /> {text.noRule}
        </p>
      ) : null}
      <ul class="why-rules">
        {inUrgency(rules).map(rule => (
          <RuleWhy
            key={rule.rule}
            rule={rule}
            standing={rule.open === null ? inForce.find(alarm => alarm.rule === rule.rule) : undefined}
            name={ruleName(rule.rule)}
            subject={subject}
            names={names}
          >
            <Lacks gaps={gaps.filter(gap => gap.rule === rule.rule)} />
          </RuleWhy>
        ))}
        {others.map(gap => (
          <li key={`${gap.rule} ${gap.detail}`} class="why-rule" data-stands="notJudged">
            <h4>
              <RuleSign state="notJudged" />
              {ruleName(gap.rule)}
            </h4>
            <Lacks gaps={[gap]} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Lacks({ gaps }: Pick<PointReasons, 'gaps'>): JSX.Element {
  const { text } = useWords();
  return (
    <>
      {gaps.map(({ detail }) => (
        <p key={detail} class="hint">
          {text.lacks(gapText(detail, text))}
        </p>
      ))}
    </>
  );
}

interface RuleWhyProps {
  readonly rule: RuleAtPoint;
  /** A warning of the rule that is in force though late data have ended it. */
  readonly standing: Alarm | undefined;
  readonly name: string;
  readonly subject: string;
  readonly names: AlarmNames;
  /** What it lacks. */
  readonly children: ComponentChildren;
}

const SIGNS = {
  warning: 'warning',
  noWarning: 'normal',
  unknown: 'blind',
  notJudged: 'unknown',
} as const satisfies Record<RuleState, IconName>;

function RuleSign({ state }: { readonly state: RuleState }): JSX.Element {
  const { text } = useWords();
  return (
    <span class="state" data-state={SIGNS[state]}>
      <Icon name={SIGNS[state]} />
      {text.ruleState[state]}
    </span>
  );
}

/** One rule: how it stands, what was not met and by how much, and behind that its figures. */
function RuleWhy({ rule, standing, name, subject, names, children }: RuleWhyProps): JSX.Element {
  const { text } = useWords();
  const { state, open, data, knownAt, inputs, clauses } = rule;
  const { station } = subjectParts(subject);
  // Inputs of the same station need not name it.
  const inputName = (input: string): string =>
    subjectParts(input).station === station ? names.point(input) : names.whole(input);
  const words = { text, inputName };
  const shown = (open ?? standing)?.currentSeverity;
  const alarm = open === null ? standing?.id : open.alarm;
  return (
    <li class="why-rule" data-stands={state} data-severity={shown}>
      <h4>
        {shown === undefined ? <RuleSign state={state} /> : <SeverityChip severity={shown} isWhole />}
        {name}
        {standing === undefined ? null : (
          <span class="mark" data-mark="unconfirmed">
            {text.marks.unconfirmed}
          </span>
        )}
        {open?.toVerify === true ? (
          <span class="mark" data-mark="toVerify" title={text.markMeanings.toVerify}>
            {text.marks.toVerify}
          </span>
        ) : null}
        {data === 'suspect' ? (
          <span class="mark" data-mark="toVerify">
            {text.suspectData}
          </span>
        ) : null}
      </h4>
      {standing === undefined ? null : <p>{text.markMeanings.unconfirmed}</p>}
      {ruleSentences(rule, subject, words).map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
      {children}
      {state === 'notJudged' ? null : (
        <details>
          <summary>{text.figures}</summary>
          {knownAt === null ? null : <p class="hint">{text.lastJudged(shortInstant(knownAt))}</p>}
          <InputTable caption={text.inputsAt} inputs={inputs} inputName={inputName} />
          <ConditionTable
            caption={text.conditionsAt}
            clauses={clauses}
            subject={subject}
            words={words}
            stateOf={({ state: condition }) => condition}
          />
        </details>
      )}
      {alarm === undefined || alarm === null ? null : (
        <a href={hashOf({ kind: 'alarm', id: alarm })}>{text.whyThisWarning}</a>
      )}
    </li>
  );
}
