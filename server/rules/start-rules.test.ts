import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Log } from '../../domain/ports/log.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DEFAULT_RULES } from '../config/schema.ts';
import type { Principal } from '../principal.ts';
import { thisProgram } from '../program.ts';
import { RuleKeeper } from './rule-keeper.ts';
import { startRules } from './start-rules.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'operator', scope: [] };
const OF_PROGRAM = join(thisProgram().folder, DEFAULT_RULES);
const temporary = temporaryFolder();
let operations: SqliteOperations;
let rules: RuleKeeper;
let logged: string[];
let file: string;

beforeEach(() => {
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  rules = new RuleKeeper({ store: operations, clock: new ManualClock() });
  logged = [];
  file = join(temporary.path, 'r.yaml');
});
afterEach(() => operations.close());

async function start(path = file) {
  const keep = (message: string) => void logged.push(message);
  const log: Log = { ...SILENT_LOG, warn: keep, error: keep };
  return await startRules(rules, { path, log });
}

/** A start with a file of this content. */
async function startWith(text: string) {
  writeFileSync(file, text);
  return await start();
}

const versions = () => rules.kept().map(({ version }) => version);
const activateByHand = (version: number) =>
  rules.activate(ADMIN, { name: 'by hand', text: ruleSetText({ version }) });

describe('startRules', () => {
  it('activates the file at the first start, and says nothing while it stays', async () => {
    await startWith(ruleSetText({ version: 2 }));
    const { warning } = await start();
    expect([versions(), warning(), logged]).toEqual([[2], undefined, []]);
    expect(rules.newest()).toMatchObject({ principal: 'system', note: `file ${file}` });
  });

  it('activates the set that comes with the program', async () => {
    await start(OF_PROGRAM);
    expect(rules.newest()?.text).toBe(readFileSync(OF_PROGRAM, 'utf8'));
  });

  it('takes the default.yaml of a folder', async () => {
    const folder = join(temporary.path, 'rules');
    mkdirSync(folder);
    writeFileSync(join(folder, 'default.yaml'), ruleSetText({ version: 5 }));
    await start(folder);
    expect(versions()).toEqual([5]);
  });

  it.each([
    ['broken', 'version: 2\nrules: []\nrule: 1\n', 'rules_invalid'],
    ['missing', undefined, 'rules_invalid'],
    ['valid only later', ruleSetText({ version: 1, validFrom: '2030-01-01T00:00:00Z' }), 'conflict'],
  ])('refuses the first start with a file that is %s', async (_, text, code) => {
    await expect(text === undefined ? start() : startWith(text)).rejects.toMatchObject({ code });
    expect(versions()).toEqual([]);
  });

  it('names every problem of the file at the first start', async () => {
    await expect(startWith('version: 0\nrules: []\nrule: 1\n')).rejects.toMatchObject({
      problems: [
        expect.stringContaining(`${file}:1: version`),
        `${file}:1: validFrom must be epoch milliseconds or a time such as 2026-04-15T00:00:00+08:00`,
        expect.stringContaining(`${file}:2: rules`),
        `${file}:3: rule is not known`,
      ],
    });
  });

  it('activates a higher version, also after one that was activated by hand', async () => {
    await startWith(ruleSetText({ version: 2 }));
    await activateByHand(3);
    await startWith(ruleSetText({ version: 4 }));
    expect([versions(), logged]).toEqual([[2, 3, 4], []]);
  });

  it.each([
    ['the same version', ruleSetText({ version: 2 }), 3],
    ['a lower version', ruleSetText({ version: 1 }), 3],
  ])('keeps what is in force where the file says something else under %s', async (_, text, next) => {
    await startWith(`${ruleSetText({ version: 2 })}# mine\n`);
    const { warning } = await startWith(text);
    expect([versions(), warning()?.code, logged]).toEqual([[2], 'rules_differ', [warning()?.message]]);
    await activateByHand(next);
    expect(warning()).toBeUndefined();
  });

  it.each([
    ['damaged', 'version: [\n'],
    ['valid only later', ruleSetText({ version: 9, validFrom: '2030-01-01T00:00:00Z' })],
  ])('starts with what is kept where the file is %s', async (_, text) => {
    await startWith(ruleSetText({ version: 2 }));
    const { warning } = await startWith(text);
    expect([versions(), warning()?.code, logged]).toEqual([[2], 'rules_invalid', [warning()?.message]]);
  });

  it('puts the set of the program in the place of none that somebody activated', async () => {
    await startWith(ruleSetText({ version: 1, validFrom: '2019-01-01T00:00:00Z' }));
    await activateByHand(2);
    const { warning } = await start(OF_PROGRAM);
    expect([versions(), warning(), logged]).toEqual([[1, 2], undefined, []]);
  });
});
