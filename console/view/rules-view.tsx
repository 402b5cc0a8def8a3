import type { JSX } from 'preact';

import type { RuleGap, WatchingRules } from '../alarm/alarm-wire.ts';
import { gapText } from '../alarm/gap-text.ts';
import { countText } from '../text/value-text.ts';
import { Icon } from './icon.tsx';
import { More, Nothing } from './paging.tsx';
import { minuteOf, useAnswer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { usePages } from './use-pages.ts';
import { ViewTitle } from './view-title.tsx';
import { WatchSummary } from './watch-summary.tsx';
import { useWords } from './words.ts';

interface RulesViewProps {
  readonly names: AlarmNames;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** Which rules watch, and every gap: what they lack to judge more. */
export function RulesView({ names, now }: RulesViewProps): JSX.Element {
  const { text, nameOf } = useWords();
  const rules = useAnswer<WatchingRules>('/api/v1/rules', minuteOf(now));
  const gaps = usePages<RuleGap>('/api/v1/rules/gaps?limit=500', minuteOf(now));
  const items = rules.kind === 'read' ? rules.value.items : [];
  const ruleNames = new Map(items.map(rule => [rule.id, nameOf(rule)]));
  return (
    <div class="view">
      <ViewTitle title={text.titles.rules} />
      <WatchSummary rules={rules} />
      <div class="table-frame">
        <table class="facts">
          <caption class="visually-hidden">{text.ruleColumns.name}</caption>
          <thead>
            <tr>
              <th scope="col">{text.ruleColumns.name}</th>
              <th scope="col">{text.ruleColumns.source}</th>
              <th scope="col" class="number">
                {text.ruleColumns.gaps}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map(rule => (
              <tr key={rule.id}>
                <th scope="row">
                  {nameOf(rule)} <span class="fact-id">{rule.id}</span>
                </th>
                <td data-label={text.ruleColumns.source}>
                  {text.ruleSource[rule.source]}
                  {rule.reference === null ? null : <span class="fact-note">{rule.reference}</span>}
                </td>
                <td data-label={text.ruleColumns.gaps} class="number">
                  {countText(rule.gaps)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>{text.ruleColumns.gaps}</h3>
      <p class="hint">{text.gapsHint}</p>
      {gaps.items.length === 0 ? (
        <Nothing kind={gaps.kind} emptyText={text.noGaps} />
      ) : (
        <div class="table-frame">
          <table class="facts">
            <caption class="visually-hidden">{text.ruleColumns.gaps}</caption>
            <thead>
              <tr>
                <th scope="col">{text.gapColumns.point}</th>
                <th scope="col">{text.gapColumns.rule}</th>
                <th scope="col">{text.gapColumns.missing}</th>
                <th scope="col">{text.gapColumns.detail}</th>
              </tr>
            </thead>
            <tbody>
              {gaps.items.map(({ rule, subject, missing, detail }) => (
                <tr key={`${rule} ${subject ?? ''} ${detail}`}>
                  <th scope="row">{subject === null ? text.noSubject : names.whole(subject)}</th>
                  <td data-label={text.gapColumns.rule}>{ruleNames.get(rule) ?? rule}</td>
                  <td data-label={text.gapColumns.missing}>
                    <Icon name="suspect" /> {text.missing[missing]}
                  </td>
                  <td data-label={text.gapColumns.detail}>{gapText(detail, text)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More onMore={gaps.more} />
    </div>
  );
}
