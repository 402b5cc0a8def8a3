import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import type { RuleGap } from '../../rules/rule-kind.ts';
import type { WatchingRule } from '../alarms/alarm-service.ts';
import type { RuleGapView, RuleView } from './alarm-schemas.ts';
import { stationOf } from './alarm-view.ts';
import { itemsAnswer, jsonAnswer, visitInSlices } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { stationsInScope, visibleStations } from './place-scope.ts';

export async function listRules({ application, principal }: Call<'rules'>): Promise<Answer> {
  const { alarms } = application;
  const gaps = gapsAt(alarms.gaps(), stationsInScope(principal, application));
  const gapsByRule = new Map<string, number>();
  for (const { rule } of gaps) gapsByRule.set(rule, (gapsByRule.get(rule) ?? 0) + 1);
  const judged = alarms.judged();
  const points = { all: 0, judged: 0 };
  await visitInSlices(visibleStations(principal, application), station => {
    for (const datastream of station.datastreams) {
      points.all += 1;
      if (judged.has(`${station.id}/${formatDatastreamName(datastream)}`)) points.judged += 1;
    }
  });
  const rules = [...alarms.rules().values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return jsonAnswer({
    items: rules.map(rule => ruleView(rule, gapsByRule.get(rule.id) ?? 0)),
    next: null,
    judged: points.judged,
    points: points.all,
    gaps: gaps.length,
  });
}

export function listRuleGaps({ application, principal, query }: Call<'ruleGaps'>): Answer {
  const { alarms } = application;
  const { rule, station, limit, cursor } = query;
  if (rule !== undefined && !alarms.rules().has(rule)) {
    throw new AppError('not_found', `No rule "${rule}" watches.`);
  }
  const stations = stationsInScope(principal, application, query);
  if (station !== undefined && application.registry().things.get(station)?.kind !== 'station') {
    throw new AppError('not_found', `There is no station "${station}".`);
  }
  const found = inOrder(
    gapsAt(alarms.gaps(), stations).filter(gap => rule === undefined || gap.rule === rule),
  );
  const start = cursor === undefined ? 0 : placeAfter(found, decodeCursor('ruleGaps', cursor));
  const page = found.slice(start, start + limit);
  const last = start + page.length < found.length ? found[start + page.length - 1] : undefined;
  return itemsAnswer(
    page,
    gapView,
    last === undefined ? null : encodeCursor('ruleGaps', [last.rule, last.subject, last.ordinal]),
  );
}

/** Without a limit to stations also those of rules that find nothing to judge. */
function gapsAt(gaps: readonly RuleGap[], stations: readonly string[] | undefined): readonly RuleGap[] {
  if (stations === undefined) return gaps;
  const wanted = new Set(stations);
  return gaps.filter(({ subject }) => wanted.has(stationOf(subject)));
}

interface PlacedGap extends RuleGap {
  /** Among those of the same rule and subject. */
  readonly ordinal: number;
}

/** By rule and subject; what a rule lacks of one subject stays in the order of the rule. */
function inOrder(gaps: readonly RuleGap[]): readonly PlacedGap[] {
  const sorted = [...gaps].sort((a, b) => compare(a.rule, b.rule) || compare(a.subject, b.subject));
  let ordinal = 0;
  return sorted.map((gap, index): PlacedGap => {
    const before = sorted[index - 1];
    ordinal = before?.rule === gap.rule && before.subject === gap.subject ? ordinal + 1 : 0;
    return { ...gap, ordinal };
  });
}

function placeAfter(
  gaps: readonly PlacedGap[],
  [rule, subject, ordinal]: readonly [string, string, number],
): number {
  const index = gaps.findIndex(
    gap => (compare(gap.rule, rule) || compare(gap.subject, subject) || gap.ordinal - ordinal) > 0,
  );
  return index < 0 ? gaps.length : index;
}

/** By code unit. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function gapView({ rule, subject, missing, detail }: RuleGap): RuleGapView {
  const isOfStation = subject !== '';
  return {
    rule,
    subject: isOfStation ? subject : null,
    station: isOfStation ? stationOf(subject) : null,
    missing,
    detail,
  };
}

function ruleView({ id, kind, name, nameEn, source, reference }: WatchingRule, gaps: number): RuleView {
  return { id, kind, name, nameEn, source, reference: reference ?? null, gaps };
}
