import type { EpisodeStep } from '../domain/model/episode.ts';
import { ownOutageMs } from '../domain/model/watch-decision.ts';
import type { SilenceDecision, WatchDecision } from '../domain/model/watch-decision.ts';
import type { EpisodeRecord, LoggedChange } from '../domain/ports/episode-store.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { explainAt } from '../rules/explain-at.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { foldSample } from '../rules/fold-sample.ts';
import { FRESH_STATE } from '../rules/fold-state.ts';
import { segmentAt } from '../rules/plan.ts';
import type { RulePlan } from '../rules/plan.ts';
import { inOrder, isUsable } from '../rules/sample.ts';
import type { Reading, Sample } from '../rules/sample.ts';
import type {
  AlarmReasons,
  DecidingReading,
  SilenceReason,
  StepReasons,
  ToVerifyReason,
  ToldChange,
} from './alarm-reasons.ts';
import { inputValuesAt } from './input-values.ts';
import { limitsInForce } from './limits-in-force.ts';
import { zonesOf } from './track-slot.ts';

export type { AlarmReasons } from './alarm-reasons.ts';

export interface AlarmRequest {
  readonly record: EpisodeRecord;
  /** Everything that was told of it, in order. */
  readonly changes: readonly LoggedChange[];
  /** The basis with the plans of then. */
  readonly binding: RuleBinding;
  /** The readings of every input from `begin` less the reach of the rule up to `explainedUpTo`, in any order. */
  readonly readings: readonly Reading[];
  /** Those of that time: silences of the inputs, our own outages, signals also of `SIGNAL_STANDS_MS` before it. */
  readonly decisions: readonly WatchDecision[];
  /** By how much our clock was corrected for a reading; undefined where it was believed. */
  readonly clockCorrectionOf: (reading: Reading) => DurationMs | undefined;
}

/** The last instant of event time that takes part in the reasons of an alarm. */
export function explainedUpTo({ episode }: EpisodeRecord): EpochMs {
  return epochMs(Math.max(episode.end ?? episode.begin, ...episode.steps.map(({ decidedT }) => decidedT)));
}

/** Why an alarm is: what every step rests on, by what is stored now, and what was told when. */
export function explainAlarm(request: AlarmRequest): AlarmReasons {
  const { record, changes, binding, readings, decisions, clockCorrectionOf } = request;
  const { id, episode } = record;
  const { rule, subject, basis, begin, end = null, ending = null, gaps = null } = episode;
  const upTo = explainedUpTo(record);
  const samples = inOrder([...readings, ...decisions]).filter(({ t }) => t <= upTo);
  const told = silenceTeller(samples, binding);
  const deciding = decidingSamples(binding, samples);
  const steps = episode.steps.map((step): StepReasons => {
    const { severity, cause, t, decidedT, heldMs, value, limit, limitName } = step;
    const plan = planAt(binding, decidedT);
    const sample = deciding.get(stepKey(step));
    const decidedBy =
      sample?.kind === 'silence' ? told(sample) : decidingReading(sample, plan, clockCorrectionOf);
    const toldAt = changes.find(({ change }) => change.liveSteps.includes(severity))?.knownAt ?? null;
    return {
      severity,
      cause,
      t,
      decidedT,
      heldMs,
      value,
      limit,
      limitName,
      decidedBy,
      toldAt,
      clauses: explainAt(binding, samples, decidedT).clauses,
      inputs: plan === undefined ? [] : inputValuesAt(plan, samples, decidedT),
      thresholds: plan === undefined ? [] : limitsInForce(plan, samples, decidedT),
      toVerify: toVerifyReason(step),
    };
  });
  return {
    id,
    rule,
    subject,
    begin,
    end,
    ending,
    steps,
    gaps,
    kind: planAt(binding, steps[0]?.decidedT ?? begin)?.kind ?? null,
    ruleSet: basis.ruleSet,
    registry: basis.registry,
    toVerify: [...new Set(steps.flatMap(({ toVerify }) => toVerify ?? []))],
    decisions: [...decisions]
      .sort((a, b) => a.t - b.t)
      .filter(decision => decision.t <= upTo && tookPart(decision, binding))
      .map(decision => (decision.kind === 'silence' ? told(decision) : decision)),
    changes: changes.map(toldChange),
  };
}

/** Of silences those of an input, of signals those that the rule asks for; our outages concern every rule. */
function tookPart(decision: WatchDecision, binding: RuleBinding): boolean {
  if (decision.kind === 'signal') return zonesOf(binding).has(decision.zone);
  if (decision.kind !== 'silence') return true;
  return planAt(binding, decision.t)?.inputs.some(({ key }) => key === decision.input) === true;
}

function planAt({ basis }: RuleBinding, t: EpochMs): RulePlan | undefined {
  return basis[segmentAt(basis, t)]?.plan;
}

function stepKey({ severity, decidedT }: EpisodeStep): string {
  return `${severity} ${String(decidedT)}`;
}

/** The sample at which each step came about, as the fold finds it. */
function decidingSamples(binding: RuleBinding, ordered: readonly Sample[]): ReadonlyMap<string, Sample> {
  const deciding = new Map<string, Sample>();
  let state = FRESH_STATE;
  for (const sample of ordered) {
    ({ state } = foldSample(state, sample, binding));
    for (const step of state.open?.steps ?? []) {
      const key = stepKey(step);
      if (!deciding.has(key)) deciding.set(key, sample);
    }
  }
  return deciding;
}

function decidingReading(
  sample: Sample | undefined,
  plan: RulePlan | undefined,
  clockCorrectionOf: AlarmRequest['clockCorrectionOf'],
): DecidingReading | null {
  if (sample?.kind !== 'reading' || plan === undefined) return null;
  const { kind, input, t, v, position, received } = sample;
  const delayMs = durationMs(received - t);
  const { liveWindowMs } = plan;
  const live = delayMs <= liveWindowMs;
  const clockCorrectionMs = clockCorrectionOf(sample) ?? null;
  return { kind, input, t, v, position, received, delayMs, liveWindowMs, live, clockCorrectionMs };
}

function toVerifyReason({ toVerify, cause }: EpisodeStep): ToVerifyReason | null {
  if (!toVerify) return null;
  return cause === 'blind' ? 'blind' : 'suspectOnly';
}

/** Tells of a silence how much of it was our own, and whether readings have refuted it. */
function silenceTeller(
  ordered: readonly Sample[],
  binding: RuleBinding,
): (silence: SilenceDecision) => SilenceReason {
  const outages = ordered.filter(sample => sample.kind === 'outage');
  return silence => {
    const { input, t, since } = silence;
    // A rule about silence itself judges what was decided; there a reading ends the silence and does not refute it.
    const isMeasured = planAt(binding, t)?.measure.seesSilence === true;
    const isRefuted = ordered.some(
      sample =>
        sample.kind === 'reading' &&
        sample.input === input &&
        sample.t > since &&
        sample.t <= t &&
        isUsable(sample),
    );
    return {
      ...silence,
      silentMs: durationMs(t - since),
      ownOutageMs: ownOutageMs(outages, { from: since, to: t }),
      isRefuted: !isMeasured && isRefuted,
    };
  };
}

function toldChange({ knownAt, change }: LoggedChange): ToldChange {
  const { kind, live, liveSteps, episode } = change;
  const fields = change.kind === 'amended' ? change.fields : [];
  return { kind, knownAt, live, liveSteps, severity: episode.severity, fields };
}
