import type { AmendedField, Episode, EpisodeGaps, EpisodeStep } from '../domain/model/episode.ts';

/** What differs between two contents under one identity. Time that a step was held grows with each reading and is none. */
export function amendedFields(before: Episode, after: Episode): readonly AmendedField[] {
  const fields: AmendedField[] = [];
  if (before.begin !== after.begin) fields.push('begin');
  if (before.end !== after.end || before.ending !== after.ending) fields.push('end');
  if (!haveEqualSteps(before.steps, after.steps)) fields.push('steps');
  if (before.severity !== after.severity || before.currentSeverity !== after.currentSeverity) {
    fields.push('severity');
  }
  if (before.peak.value !== after.peak.value || before.peak.t !== after.peak.t) fields.push('peak');
  if (!haveEqualGaps(before.gaps, after.gaps)) fields.push('gaps');
  if (before.toVerify !== after.toVerify) fields.push('toVerify');
  const isSameBasis =
    before.basis.ruleSet === after.basis.ruleSet && before.basis.registry === after.basis.registry;
  if (!isSameBasis) fields.push('basis');
  return fields;
}

function haveEqualSteps(before: readonly EpisodeStep[], after: readonly EpisodeStep[]): boolean {
  if (before === after) return true;
  return (
    before.length === after.length &&
    before.every((step, index) => {
      const other = after[index];
      return (
        other !== undefined &&
        step.severity === other.severity &&
        step.t === other.t &&
        step.decidedT === other.decidedT &&
        step.cause === other.cause &&
        step.value === other.value &&
        step.limit === other.limit &&
        step.toVerify === other.toVerify
      );
    })
  );
}

function haveEqualGaps(before: EpisodeGaps | undefined, after: EpisodeGaps | undefined): boolean {
  return (
    before?.count === after?.count &&
    before?.totalMs === after?.totalMs &&
    before?.lastFrom === after?.lastFrom &&
    before?.lastTo === after?.lastTo
  );
}
