import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import type { Principal } from '../principal.ts';
import { RuleKeeper } from './rule-keeper.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'o', scope: [] };
const VALID = epochMs(Date.parse('2020-01-01T00:00:00Z'));
const temporary = temporaryFolder();
let operations: SqliteOperations;
let clock: ManualClock;
let rules: RuleKeeper;

beforeEach(() => {
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  clock = new ManualClock();
  rules = new RuleKeeper({ store: operations, clock });
});
afterEach(() => operations.close());

function activate(version: number, change: { text?: string; note?: string; activeFrom?: number } = {}) {
  const { text, note, activeFrom } = change;
  return rules.activate(ADMIN, {
    name: 'r.yaml',
    text: text ?? ruleSetText({ version }),
    ...(note === undefined ? {} : { note }),
    ...(activeFrom === undefined ? {} : { activeFrom: epochMs(activeFrom) }),
  });
}

describe('RuleKeeper', () => {
  it('puts the first rule set in force from where it is valid, a later one from now on', async () => {
    const heard: number[] = [];
    const stop = rules.onChanged(({ version }) => void heard.push(version));
    await activate(3, { note: 'why' });
    expect(rules.newest()).toMatchObject({
      version: 3,
      activeFrom: VALID,
      principal: 'control',
      note: 'why',
    });
    clock.advance(5_000);
    await activate(4);
    stop();
    clock.advance(5_000);
    await activate(9);
    const now = clock.now();
    expect(rules.kept().map(({ activeFrom }) => activeFrom)).toEqual([VALID, now - 5_000, now]);
    expect(heard).toEqual([3, 4]);
  });

  it('finds after a restart what was kept', async () => {
    await activate(3, { note: 'why' });
    await activate(4);
    const again = new RuleKeeper({ store: operations, clock });
    await again.load();
    expect(again.kept()).toStrictEqual(rules.kept());
    expect(again.newest()?.ruleSet.rules.map(({ id }) => id)).toEqual(['road']);
  });

  it('takes the text of the newest for no activation', async () => {
    await activate(3);
    expect(await activate(3)).toBeUndefined();
    expect(rules.kept()).toHaveLength(1);
  });

  it.each([
    ['a version that is kept', 7, { text: `${ruleSetText({ version: 7 })}# more\n` }],
    ['a lower version', 6, {}],
    ['a time to come', 8, { activeFrom: 1_790_000_000_001 }],
    ['a time before the newest', 8, { activeFrom: 1_789_999_999_999 }],
    ['a time before its own', 8, { text: ruleSetText({ version: 8, validFrom: '2030-01-01T00:00:00Z' }) }],
  ])('refuses %s, and leaves everything as it was', async (_, version, change) => {
    await activate(1);
    await activate(7);
    await expect(activate(version, change)).rejects.toMatchObject({ code: 'conflict' });
    expect(rules.newest()?.version).toBe(7);
    expect((await operations.ruleSets()).map(one => one.version)).toEqual([1, 7]);
  });

  it('refuses a broken text with its problems, each with its line', async () => {
    const text = ruleSetText({ version: 3 }).replace('kind: ponding', 'kind: pondering');
    await expect(activate(3, { text })).rejects.toMatchObject({
      code: 'rules_invalid',
      problems: [expect.stringMatching(/^r\.yaml:\d+: rules\[0\]\.kind /)],
    });
    expect(rules.newest()).toBeUndefined();
  });

  it('goes on from the newest where our own clock was put back', async () => {
    await activate(1);
    await activate(2);
    const newest = clock.now();
    clock.set(epochMs(newest - 60_000));
    await activate(3);
    expect(rules.newest()).toMatchObject({ version: 3, activeFrom: newest, activatedAt: newest - 60_000 });
  });

  it('activates one after the other', async () => {
    const outcomes = await Promise.allSettled([
      activate(1),
      activate(1, { text: `${ruleSetText({ version: 1 })}\n` }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(rules.kept()).toHaveLength(1);
  });
});
