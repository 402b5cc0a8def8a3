import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { KeptRuleSet, RuleSetStore } from '../../domain/ports/rule-set-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RuleSet } from '../../rules/schema.ts';
import { Turns } from '../identity/turns.ts';
import type { Principal } from '../principal.ts';
import { parseRuleText } from './rule-files.ts';
import type { RuleText } from './rule-files.ts';

/** A rule set that is or was in force, ready to be compiled. */
export interface ActiveRuleSet extends KeptRuleSet {
  readonly ruleSet: RuleSet;
}

/** How a rule set is to be activated. */
export interface RuleActivation extends RuleText {
  readonly note?: string;
  /** Event time from which it is in force; now where it is absent, and `validFrom` of its file for the first of all. */
  readonly activeFrom?: EpochMs;
}

/**
 * The rule sets of all times: durable in their store first, then here. A rule set is activated whole or not at all, and
 * forward only: what was judged before its time stays as it was judged.
 */
export class RuleKeeper {
  readonly #store: RuleSetStore;
  readonly #clock: Clock;
  readonly #turns = new Turns();
  readonly #listeners = new Set<(activated: ActiveRuleSet) => void>();
  #kept: readonly ActiveRuleSet[] = [];

  constructor(options: { readonly store: RuleSetStore; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Call once, before anything else. Rejects with `rules_invalid` where this program does not understand a kept one. */
  async load(): Promise<void> {
    const kept = await this.#store.ruleSets();
    this.#kept = kept.map(one => ({
      ...one,
      ruleSet: parseRuleText({ name: `version ${one.version}`, text: one.text }),
    }));
  }

  /** Oldest first. Each is in force from its `activeFrom` until that of the next. */
  kept(): readonly ActiveRuleSet[] {
    return this.#kept;
  }

  /** Undefined before the first activation. */
  newest(): ActiveRuleSet | undefined {
    return this.#kept.at(-1);
  }

  /** Hears of every activation, once it is durable. The result unsubscribes. */
  onChanged(listener: (activated: ActiveRuleSet) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Puts a rule set in force; answers undefined where its text is that of the newest.
   *
   * @throws AppError `rules_invalid` with every problem of the text; `conflict` where its version is not above those
   *   kept, or its time is to come, before its own `validFrom`, or before that of the newest
   */
  activate(principal: Principal, activation: RuleActivation): Promise<ActiveRuleSet | undefined> {
    return this.#turns.take(async () => {
      const { text, note } = activation;
      const reviewed = this.review(activation);
      if (reviewed === undefined) return undefined;
      const { ruleSet, activeFrom } = reviewed;
      const kept: KeptRuleSet = {
        version: ruleSet.version,
        activeFrom,
        activatedAt: this.#clock.now(),
        principal: principal.id,
        ...(note === undefined ? {} : { note }),
        text,
      };
      await this.#store.activateRuleSet({ ...kept, organisation: principal.organisation });
      const activated = { ...kept, ruleSet };
      this.#kept = [...this.#kept, activated];
      for (const listener of this.#listeners) listener(activated);
      return activated;
    });
  }

  /** What an activation would put in force; answers and throws as `activate`, and changes nothing. */
  review(activation: RuleActivation): Pick<ActiveRuleSet, 'ruleSet' | 'activeFrom'> | undefined {
    const ruleSet = parseRuleText(activation);
    if (this.newest()?.text === activation.text) return undefined;
    return { ruleSet, activeFrom: this.#activeFrom(ruleSet, activation.activeFrom) };
  }

  #activeFrom({ version, validFrom }: RuleSet, given: EpochMs | undefined): EpochMs {
    const newest = this.newest();
    if (newest !== undefined && version <= newest.version) {
      throw new AppError(
        'conflict',
        `Rule set ${newest.version} is in force; give the new one a version above that, also for an older content.`,
      );
    }
    // Our own clock may have been put back since the newest was activated.
    const now = epochMs(Math.max(this.#clock.now(), newest?.activeFrom ?? 0));
    const activeFrom = given ?? (newest === undefined ? validFrom : now);
    if (activeFrom > now) {
      throw new AppError(
        'conflict',
        `Rule set ${version} cannot be in force from ${isoText(activeFrom)}, a time to come.`,
      );
    }
    if (activeFrom < validFrom) {
      throw new AppError(
        'conflict',
        `Rule set ${version} says that it is valid from ${isoText(validFrom)}, not before.`,
      );
    }
    if (newest !== undefined && activeFrom < newest.activeFrom) {
      throw new AppError(
        'conflict',
        `Rule set ${newest.version} is in force from ${isoText(newest.activeFrom)}; a newer one cannot be before.`,
      );
    }
    return activeFrom;
  }
}

function isoText(at: EpochMs): string {
  return new Date(at).toISOString();
}
