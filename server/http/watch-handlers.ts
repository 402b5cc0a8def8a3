import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import { BUCKETS, bucketStart } from '../../domain/time/bucket.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { RuleAtPoint } from '../../watch/explain-point.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { pointReasons } from './point-reasons.ts';
import type { RuleAtPointView } from './point-reasons-schema.ts';
import { requireScope } from './station-scope.ts';

export async function explainPoint(call: Call<'pointReasons'>): Promise<Answer> {
  const { application, principal, params, query } = call;
  const { station, datastream } = params;
  requireScope(principal, station);
  const at = query.at === undefined ? undefined : epochMs(query.at);
  const reasons = await pointReasons(application, { station, datastream, at });
  return jsonAnswer({
    subject: reasons.subject,
    at: reasons.at,
    outage: reasons.outage,
    rules: reasons.rules.map(ruleView),
    gaps: reasons.gaps.map(({ rule, missing, detail }) => ({ rule, missing, detail })),
  });
}

export async function showWatchedDay(call: Call<'watchedDay'>): Promise<Answer> {
  const { application, principal, params, query } = call;
  requireScope(principal, params.id);
  const station = application.registry().things.get(params.id);
  if (station?.kind !== 'station') throw new AppError('not_found', `There is no station "${params.id}".`);
  const day = bucketStart(epochMs(query.day ?? application.now()), BUCKETS['1d'], 'instantaneous');
  const subjects = station.datastreams.map(each => `${station.id}/${formatDatastreamName(each)}`);
  const days = await application.alarms.watchedDay(subjects, day);
  return jsonAnswer({ day, items: days, next: null });
}

function ruleView(reasons: RuleAtPoint): RuleAtPointView {
  const { rule, kind, basis, state, data, knownAt, whyNot, open, alarm } = reasons;
  const { clauses, inputs, thresholds } = reasons;
  return {
    rule,
    kind,
    basis,
    state,
    data,
    knownAt,
    whyNot,
    clauses: [...clauses],
    inputs: [...inputs],
    thresholds: [...thresholds],
    open: open === null ? null : openView(open, alarm),
  };
}

function openView(open: NonNullable<RuleAtPoint['open']>, alarm: string | null): RuleAtPointView['open'] {
  const { begin, severity, currentSeverity, toVerify } = open;
  return { alarm, begin, severity, currentSeverity, toVerify };
}
