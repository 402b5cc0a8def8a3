import type { BasisVersions } from '../domain/model/episode.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { compileRules } from '../rules/compile-rules.ts';
import type { CompiledRules } from '../rules/compile-rules.ts';
import type { BasisSegment, RulePlan } from '../rules/plan.ts';
import type { RuleGap } from '../rules/rule-kind.ts';
import type { RuleSet } from '../rules/schema.ts';
import type { SiteView } from '../rules/subject.ts';
import { trackId } from './track-id.ts';

/** A rule set and a version of the registry that hold together from an event time. */
export interface BasisEntry {
  readonly from: EpochMs;
  readonly versions: BasisVersions;
  readonly ruleSet: RuleSet;
  readonly site: SiteView;
}

/** What a new entry means for a track. */
export interface TrackBasis {
  readonly rule: string;
  readonly subject: string;
  /** Append-only: whoever holds it sees what is added. */
  readonly basis: readonly BasisSegment[];
}

/** The basis of every rule and subject: which plan holds from which event time. Entries come in the order of `from`. */
export class BasisBook {
  readonly #tracks = new Map<
    string,
    { readonly rule: string; readonly subject: string; readonly basis: BasisSegment[] }
  >();
  readonly #entries: Pick<BasisEntry, 'from' | 'versions'>[] = [];
  #gaps: readonly RuleGap[] = [];

  /** Of the newest entry. */
  get gaps(): readonly RuleGap[] {
    return this.#gaps;
  }

  get newest(): BasisVersions | undefined {
    return this.#entries.at(-1)?.versions;
  }

  /** Compiles and appends an entry; answers every track that it concerns. */
  append(entry: BasisEntry): readonly TrackBasis[] {
    return this.#append(entry, compileRules(entry.ruleSet, entry.site));
  }

  /** The same, a rule at a time: a large district takes longer than readings should wait. */
  async appendInSlices(entry: BasisEntry, nextTurn: () => Promise<void>): Promise<readonly TrackBasis[]> {
    const compiled: CompiledRules[] = [];
    for (const rule of entry.ruleSet.rules) {
      compiled.push(compileRules({ ...entry.ruleSet, rules: [rule] }, entry.site));
      await nextTurn();
    }
    return this.#append(entry, {
      planned: compiled.flatMap(({ planned }) => planned),
      gaps: compiled.flatMap(({ gaps }) => gaps),
    });
  }

  /** The plan in force now. */
  planOf(id: string): RulePlan | undefined {
    return this.#tracks.get(id)?.basis.at(-1)?.plan;
  }

  #append({ from, versions }: BasisEntry, { planned, gaps }: CompiledRules): readonly TrackBasis[] {
    this.#gaps = gaps;
    const plans = new Map<string, RulePlan>();
    for (const { rule, subject, plan } of planned) {
      const id = trackId({ rule, subject });
      plans.set(id, plan);
      // Before its first entry no rule held for it.
      if (!this.#tracks.has(id)) {
        const basis = this.#entries.map((entry): BasisSegment => ({
          from: entry.from,
          versions: entry.versions,
        }));
        this.#tracks.set(id, { rule, subject, basis });
      }
    }
    this.#entries.push({ from, versions });
    for (const [id, { basis }] of this.#tracks) {
      const plan = unchanged(basis.at(-1)?.plan, plans.get(id));
      basis.push({ from, versions, ...(plan === undefined ? {} : { plan }) });
    }
    return [...this.#tracks.values()];
  }
}

/** One object for plans that say the same, so that a long history of versions costs no memory. */
function unchanged(before: RulePlan | undefined, after: RulePlan | undefined): RulePlan | undefined {
  if (before === undefined || after === undefined) return after;
  const isSame =
    before.measureKey === after.measureKey &&
    before.ladderKey === after.ladderKey &&
    JSON.stringify(before.inputs) === JSON.stringify(after.inputs);
  return isSame ? before : after;
}
