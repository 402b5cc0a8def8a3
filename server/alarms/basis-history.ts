import { districtOf, isThing } from '../../domain/model/district.ts';
import type { District } from '../../domain/model/district.ts';
import type { Registry } from '../../domain/model/registry.ts';
import type { PartSelection, KeptPart, RegistryVersion } from '../../domain/ports/registry-store.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { SiteView } from '../../rules/subject.ts';
import type { BasisEntry } from '../../watch/basis-book.ts';
import type { ActiveRuleSet } from '../rules/rule-keeper.ts';

export interface BasisHistoryOptions {
  /** Newest first. */
  readonly versions: (limit: number) => Promise<readonly RegistryVersion[]>;
  readonly parts: (selection: PartSelection) => Promise<readonly KeptPart[]>;
  /** Oldest first. */
  readonly ruleSets: readonly ActiveRuleSet[];
  readonly now: EpochMs;
}

/** How far back the basis of a time is known after a start: what is judged anew is seldom older. */
const KNOWN_MS = 3 * DAY_MS;
/** Every version of the registry is kept compiled; that many are. */
const MOST_VERSIONS = 8;

/**
 * What the rules rested on, oldest first. The first entry holds from the beginning of time: older readings are judged by
 * the oldest basis that is known.
 */
export async function basisHistory(options: BasisHistoryOptions): Promise<readonly BasisEntry[]> {
  const { ruleSets, now } = options;
  const since = epochMs(now - KNOWN_MS);
  const versions = recent(
    (await options.versions(MOST_VERSIONS)).toReversed(),
    version => version.appliedAt,
    since,
  );
  const sets = recent(ruleSets, ({ activeFrom }) => activeFrom, since);
  const sites = new Map<number, SiteView>();
  for (const { version } of versions) sites.set(version, siteOf(version, await options.parts({ version })));
  const times = [...versions.map(({ appliedAt }) => appliedAt), ...sets.map(({ activeFrom }) => activeFrom)];
  const entries: BasisEntry[] = [];
  for (const from of [...new Set(times)].sort((a, b) => a - b)) {
    const version = inForce(versions, each => each.appliedAt, from);
    const set = inForce(sets, ({ activeFrom }) => activeFrom, from);
    const site = version === undefined ? undefined : sites.get(version.version);
    if (version === undefined || set === undefined || site === undefined) continue;
    const basis = { ruleSet: set.version, registry: version.version };
    entries.push({
      from: entries.length === 0 ? epochMs(0) : from,
      versions: basis,
      ruleSet: set.ruleSet,
      site,
    });
  }
  return entries;
}

/** What the rules rest on from now on; undefined where there is no rule set. */
export function basisNow(parts: {
  readonly registry: Registry;
  readonly district: District;
  readonly rules: { newest(): ActiveRuleSet | undefined };
  readonly now: EpochMs;
}): BasisEntry | undefined {
  const set = parts.rules.newest();
  if (set === undefined) return undefined;
  const { version, things } = parts.registry;
  return {
    from: parts.now,
    versions: { ruleSet: set.version, registry: version },
    ruleSet: set.ruleSet,
    site: { registry: { version, things }, district: { assets: parts.district.assets } },
  };
}

/** The registry of a version as rules see it. */
function siteOf(version: number, kept: readonly KeptPart[]): SiteView {
  const parts = kept.map(({ part }) => part);
  const things = new Map(parts.filter(isThing).map(thing => [thing.id as string, thing]));
  return { registry: { version, things }, district: { assets: districtOf(parts).assets } };
}

/** Those that held at `since` or later. */
function recent<Of>(all: readonly Of[], from: (each: Of) => EpochMs, since: EpochMs): readonly Of[] {
  return all.filter((_, place) => {
    const next = all[place + 1];
    return next === undefined || from(next) > since;
  });
}

function inForce<Of>(all: readonly Of[], from: (each: Of) => EpochMs, at: EpochMs): Of | undefined {
  return all.findLast(each => from(each) <= at);
}
