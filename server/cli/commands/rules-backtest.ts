import { resolve } from 'node:path';
import { DAY_MS, epochMs } from '../../../domain/time/instant.ts';
import type { BacktestReport, Listed, SetReport, ToldSummary } from '../../rules/backtest-report.ts';
import { readRuleSetFile } from '../../rules/rule-files.ts';
import { loadSite } from '../../site/load-site.ts';
import type { Command } from '../command.ts';
import { administerRules } from '../rule-administration.ts';
import { figure, labelled, localTime, textTable } from '../text-table.ts';
import { TIME_PATTERN, TIME_WORDS, timeOption } from '../time-option.ts';

/** Days that are looked at, and episodes of a list that are shown, where nobody asks for more. */
const DAYS = 7;
const SHOWN = 20;

/** Tries a rule set on the past. */
export const rulesBacktest: Command = {
  name: 'rules backtest',
  summary: 'Say what a rule set would have told in the past, beside the one in force; changes nothing.',
  details: [
    'Without hindsight: every reading is judged with what had arrived by then, late ones and values that were corrected',
    'later as they came. An alarm is each time somebody would have been told. See docs/how-to/change-rules.md.',
  ],
  arguments: [{ name: 'file', description: 'The rule set.' }],
  options: {
    from: {
      value: 'time',
      description: `From this receivedTime on: ${TIME_WORDS} Default: ${DAYS} days before the end.`,
      pattern: TIME_PATTERN,
    },
    to: { value: 'time', description: 'Before this receivedTime; default: now.', pattern: TIME_PATTERN },
    site: { value: 'dir', description: 'Watch the district of this site folder, not the registered one.' },
    hindsight: { description: 'Judge everything that is known now, too, and compare.' },
    all: { description: 'Show every line of a long list.' },
  },
  run: async call => {
    const name = call.arguments[0] ?? '';
    const file = readRuleSetFile({ path: resolve(call.host.workingFolder, name), name });
    const to = timeOption(call, 'to') ?? epochMs(call.host.now());
    const from = timeOption(call, 'from') ?? epochMs(to - DAYS * DAY_MS);
    const site = call.text('site');
    const parts =
      site === undefined ? undefined : (await loadSite(resolve(call.host.workingFolder, site))).parts;
    const hindsight = call.isSet('hindsight');
    const report = await administerRules(call, rules =>
      rules.backtest({
        ...file,
        period: { from, to },
        hindsight,
        ...(parts === undefined ? {} : { parts }),
      }),
    );
    return { data: report, lines: reportLines(report, call.isSet('all') ? Infinity : SHOWN) };
  },
};

function reportLines(report: BacktestReport, shown: number): readonly string[] {
  const { period, isHeard, next, inForce, added, removed, changed, same, hits, misses } = report;
  if (!isHeard) return ['No reading came in this time; nothing can be said.'];
  const [before, after] = [`version ${inForce.version}, in force`, `version ${next.version}`];
  const dayBefore = new Map(inForce.load.days.map(({ day, alarms }) => [day, alarms]));
  return [
    `From ${localTime(period.from)} to ${localTime(period.to)} (+08:00), as readings arrived:`,
    '',
    ...textTable(
      ['alarms of the day', before, after],
      [
        ...next.load.days.map(({ day, alarms }) => [
          localTime(day).slice(0, 10),
          dayBefore.get(day) ?? 0,
          alarms,
        ]),
        ['a day, on average', rounded(inForce.load.perDay), rounded(next.load.perDay)],
      ],
    ),
    '',
    ...ruleLines(inForce, next),
    '',
    ...(next.load.subjects.length === 0
      ? []
      : [
          ...textTable(
            [`datastreams that alarm most in ${after}`, 'alarms'],
            next.load.subjects.map(({ subject, alarms }) => [subject, alarms]),
          ),
          '',
        ]),
    ...labelled([
      ['as before', figure(same)],
      ['changed', figure(changed.count)],
      ['added', figure(added.count)],
      ['removed', figure(removed.count)],
      ['hits', `${figure(hits)} of the ${figure(inForce.episodes)} episodes of version ${inForce.version}`],
      ['misses', figure(misses.count)],
    ]),
    ...episodeLines('Added', added, shown),
    ...episodeLines('Removed', removed, shown),
    ...episodeLines(
      'Changed, as they are now',
      { count: changed.count, first: changed.first.map(pair => pair.after) },
      shown,
    ),
    ...episodeLines('Missed: nothing is told of the datastream', misses, shown),
    ...[inForce, next].flatMap(set => hindsightLines(set, shown)),
  ];
}

function ruleLines(inForce: SetReport, next: SetReport): readonly string[] {
  const before = new Map(inForce.load.rules.map(rule => [rule.rule, rule]));
  const after = new Map(next.load.rules.map(rule => [rule.rule, rule]));
  const names = [...new Set([...after.keys(), ...before.keys()])];
  if (names.length === 0) return ['Neither of them told anything.'];
  return textTable(
    ['rule', 'episodes before', 'alarms before', 'episodes', 'alarms'],
    names.map(name => [
      name,
      before.get(name)?.episodes ?? 0,
      before.get(name)?.alarms ?? 0,
      after.get(name)?.episodes ?? 0,
      after.get(name)?.alarms ?? 0,
    ]),
  );
}

type Row = Pick<ToldSummary, 'rule' | 'subject' | 'begin' | 'end' | 'severity'>;

function episodeLines(title: string, { count, first }: Listed<Row>, shown: number): readonly string[] {
  if (count === 0) return [];
  const rows = first.slice(0, shown);
  return [
    '',
    `${title}:`,
    ...textTable(
      ['rule', 'datastream', 'begin', 'end', 'severity'],
      rows.map(({ rule, subject, begin, end, severity }) => [
        rule,
        subject,
        localTime(begin),
        end === undefined ? 'lasts' : localTime(end),
        severity,
      ]),
    ),
    ...(count > rows.length ? [`… and ${figure(count - rows.length)} more.`] : []),
  ];
}

function hindsightLines({ version, hindsight }: SetReport, shown: number): readonly string[] {
  if (hindsight === undefined) return [];
  const { episodes, told, toldLower, toldHigher, untold, unfounded } = hindsight;
  return [
    '',
    `Version ${version} with hindsight:`,
    ...labelled([
      ['episodes', figure(episodes)],
      ['told', figure(told)],
      ['told with a lower severity', figure(toldLower)],
      ['told with a higher severity', figure(toldHigher)],
      ['known only later', figure(untold.count)],
      ['told, and none', figure(unfounded.count)],
    ]),
    ...episodeLines('Known only later', untold, shown),
    ...episodeLines('Told, and none', unfounded, shown),
  ];
}

function rounded(perDay: number): number {
  return Math.round(perDay * 10) / 10;
}
