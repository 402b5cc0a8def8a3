import { AppError } from '../../../domain/errors.ts';
import { MINUTE_MS } from '../../../domain/time/instant.ts';
import type { AlarmReasons, StepReasons } from '../../../watch/alarm-reasons.ts';
import type { PointReasons, RuleAtPoint } from '../../../watch/explain-point.ts';
import { connectControl } from '../../control/control-client.ts';
import type { Command } from '../command.ts';
import { clauseText, decidingText, inputText, measured, silenceText, span } from '../reason-text.ts';
import { labelled, localTime, printable } from '../text-table.ts';
import { TIME_PATTERN, TIME_WORDS, timeOption } from '../time-option.ts';

/** Says why there is a warning, or why there is none. */
export const rulesExplain: Command = {
  name: 'rules explain',
  summary: 'Say why there is or was an alarm, or why a point has none; asks the running server.',
  details: [
    'With the id of an alarm: every step with what decided it, the silences and outages that took part, and what was told.',
    'With a point: how each of its rules stands, and what was not true where it does not warn. Both by what is stored now.',
  ],
  arguments: [
    {
      name: 'what',
      description: 'The id of an alarm, or a point as station/property or station/property.instance.',
    },
  ],
  options: {
    at: {
      value: 'time',
      description: `How a point stood then: ${TIME_WORDS} Default: now.`,
      pattern: TIME_PATTERN,
    },
  },
  run: async call => {
    const what = call.arguments[0] ?? '';
    const [station = '', datastream] = what.split('/', 2);
    const at = timeOption(call, 'at');
    if (datastream === undefined && at !== undefined) {
      throw new AppError(
        'invalid_request',
        '--at is for points; the reasons of an alarm are those of its time.',
      );
    }
    const client = await connectControl(call.config().dataDir);
    if (datastream === undefined) {
      const reasons = await client.call('why', { id: what });
      return { data: reasons, lines: alarmLines(reasons).map(printable) };
    }
    const reasons = await client.call('whyPoint', { station, datastream, at });
    return { data: reasons, lines: pointLines(reasons).map(printable) };
  },
};

function pointLines({ subject, at, outage, rules, gaps }: PointReasons): readonly string[] {
  return [
    `${subject} at ${localTime(at)} (+08:00)`,
    ...(outage === null
      ? []
      : [
          '',
          `We ourselves did not listen from ${localTime(outage.from)} to ${localTime(outage.t)}: nobody could be warned.`,
        ]),
    ...(rules.length === 0
      ? ['', 'No rule judges it: nothing can be said of it, which is not "normal".']
      : []),
    ...rules.flatMap(rule => ['', ...ruleLines(rule)]),
    ...(gaps.length === 0 ? [] : ['', 'What the rules lack here:']),
    ...gaps.map(({ rule, detail }) => `  ${rule}: ${detail}`),
  ];
}

const STATES = {
  warning: 'WARNING',
  noWarning: 'no warning',
  unknown: 'not known: the point is blind, which is not "no warning"',
  notJudged: 'does not judge it',
} as const satisfies Record<RuleAtPoint['state'], string>;

function ruleLines({
  rule,
  state,
  basis,
  data,
  knownAt,
  whyNot,
  inputs,
  ...rest
}: RuleAtPoint): readonly string[] {
  const { open, alarm, thresholds, clauses } = rest;
  const lines = [`${rule}: ${STATES[state]}`];
  if (open !== null) {
    const id = alarm === null ? '' : `, alarm ${alarm}`;
    const now = open.currentSeverity === open.severity ? '' : `, now ${open.currentSeverity}`;
    const verify = open.toVerify ? ', to verify' : '';
    lines.push(`  ${open.severity}${now} since ${localTime(open.begin)}${verify}${id}`);
    lines.push(
      ...clauses.map(
        clause => `  ${clause.state === 'true' ? 'met' : 'not met'}: ${clauseText(clause, thresholds)}`,
      ),
    );
  }
  if (whyNot !== null) {
    const lead = state === 'unknown' ? 'last known' : 'why not';
    lines.push(`  ${lead}: ${clauseText(whyNot, thresholds)}`);
  }
  if (data !== null) {
    lines.push(`  data: ${data}${knownAt === null ? '' : `, last judged ${localTime(knownAt)}`}`);
  }
  lines.push(...inputs.map(input => `  input: ${inputText(input)}`));
  if (basis !== null) lines.push(`  basis: rule set ${basis.ruleSet}, registry ${basis.registry}`);
  return lines;
}

function alarmLines(reasons: AlarmReasons): readonly string[] {
  const { id, rule, kind, subject, ruleSet, registry, begin, end, ending, steps, gaps } = reasons;
  const missing =
    gaps === null
      ? 'never'
      : `${gaps.count} times, ${span(gaps.totalMs)} in all, last until ${localTime(gaps.lastTo)}`;
  return [
    ...labelled([
      ['alarm', id],
      ['rule', kind === null ? rule : `${rule} (${kind})`],
      ['point', subject],
      ['begin', `${localTime(begin)} (+08:00)`],
      [
        'end',
        end === null
          ? 'lasts'
          : `${localTime(end)}${ending === 'basis_changed' ? ', by a change of rules' : ''}`,
      ],
      ['data missing', missing],
      ['basis', `rule set ${ruleSet}, registry ${registry}`],
    ]),
    ...steps.flatMap(step => ['', ...stepLines(step)]),
    ...decisionLines(reasons.decisions),
    ...(reasons.changes.length === 0 ? [] : ['', 'What was known when:']),
    ...reasons.changes.map(({ kind: change, knownAt, live, liveSteps, severity, fields }) => {
      const what = fields.length === 0 ? change : `${change} (${fields.join(', ')})`;
      const told = liveSteps.length === 0 ? '' : `, told: ${liveSteps.join(', ')}`;
      return `  ${localTime(knownAt)}  ${what}, ${severity}, ${live ? 'live' : 'retroactive'}${told}`;
    }),
  ];
}

function stepLines(step: StepReasons): readonly string[] {
  const { severity, cause, t, decidedT, heldMs, value, limit, limitName, decidedBy, toldAt } = step;
  const unit =
    step.thresholds.find(each => each.name === limitName && each.severity === severity)?.unit ?? null;
  const figures = `${measured(value, limitName, unit)} against the limit ${measured(limit, limitName, unit)} (${limitName})`;
  const compared = step.clauses.find(each => each.name === limitName && each.severity === severity);
  return [
    `${severity}: ${figures}${compared === undefined ? '' : decidingText(compared)}`,
    `  ${cause === 'blind' ? 'went blind on the way up; last reading' : 'held from'} ${localTime(t)}, decided ${localTime(decidedT)}, held for ${span(heldMs)}`,
    `  ${decidedByText(decidedBy)}`,
    `  ${toldAt === null ? 'never told live' : `told live ${localTime(toldAt)}`}`,
    ...(step.toVerify === null ? [] : [`  to verify: ${VERIFY[step.toVerify]}`]),
    ...step.inputs.map(input => `  input: ${inputText(input)}`),
  ];
}

const VERIFY = {
  suspectOnly: 'only suspect readings have met the limit',
  blind: 'the point went blind while rising, and no reading confirms it',
} as const;

function decidedByText(by: StepReasons['decidedBy']): string {
  if (by === null) return 'what is stored now no longer leads to it';
  if (by.kind === 'silence') return `decided by silence: ${silenceText(by)}`;
  const arrival = by.live
    ? 'live'
    : `retroactive, beyond the live window of ${String(by.liveWindowMs / MINUTE_MS)} min`;
  return (
    `decided by the reading of ${by.input} of ${localTime(by.t)}, received ${localTime(by.received)} ` +
    `(${span(by.delayMs)} later: ${arrival}), journal position ${String(by.position)}` +
    (by.clockCorrectionMs === null ? '' : `; our own clock was ${span(by.clockCorrectionMs)} slow then`)
  );
}

function decisionLines(decisions: AlarmReasons['decisions']): readonly string[] {
  if (decisions.length === 0) return [];
  const texts = decisions.map(decision => {
    if (decision.kind === 'silence') return silenceText(decision);
    if (decision.kind === 'outage') {
      return `we ourselves did not listen from ${localTime(decision.from)} to ${localTime(decision.t)}`;
    }
    return `official rainstorm signal of ${decision.zone} at ${localTime(decision.t)}: ${decision.severity ?? 'lifted'}`;
  });
  return ['', 'Beside readings took part:', ...texts.map(text => `  ${text}`)];
}
