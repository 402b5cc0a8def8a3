import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { parse } from 'csv-parse/sync';

import { isThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { compileRules } from '../../rules/compile-rules.ts';
import type { RuleBinding } from '../../rules/fold-context.ts';
import { parseRuleSet } from '../../rules/schema.ts';

/** The rows of a table of measured data, without its header. */
export function measuredRows(path: string): readonly (readonly string[])[] {
  return parse(gunzipSync(readFileSync(path)), { from_line: 2 });
}

/** A station with one datastream, as the registry would have it. */
export function stationWith(id: string, datastream: DatastreamSpec): StationSpec {
  if (!isThingId(id)) throw new Error(`${id} is no id`);
  return { kind: 'station', id, name: id, datastreams: [datastream] };
}

/** The only rule of a set, for the only subject of a station, in force at all times. */
export function bindOneRule(rule: object, station: StationSpec): RuleBinding {
  const named = { name: 'r', nameEn: 'r', source: 'proposal', ...rule };
  const parsed = parseRuleSet({ version: 1, validFrom: 0, rules: [named] });
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  const registry = { version: 1, things: new Map([[station.id, station]]) };
  const { planned, gaps } = compileRules(parsed.ruleSet, { registry, district: { assets: new Map() } });
  const [only] = planned;
  if (only === undefined) throw new Error(JSON.stringify(gaps));
  const versions = { ruleSet: 1, registry: 1 };
  return {
    rule: only.rule,
    subject: only.subject,
    basis: [{ from: epochMs(0), versions, plan: only.plan }],
  };
}
