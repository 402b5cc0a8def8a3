import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

/** Puts the file of a version in the working folder, and activates it. */
async function activate(version: number, ...options: readonly string[]) {
  writeFileSync(join(probe.dataDir, 'r.yaml'), ruleSetText({ version }));
  return await probe.ww('rules', 'activate', 'r.yaml', ...options);
}

describe('ww rules activate', () => {
  it('puts a rule set in force, and says from when', async () => {
    await probe.startServer();
    expect(await activate(1)).toMatchObject({
      code: 0,
      out: 'Rule set 1 is in force from 2020-01-01 08:00:00 (+08:00).\n',
    });
    expect((await activate(2, '--note', 'flood season', '--json')).json()).toEqual({
      ruleSet: {
        version: 2,
        activeFrom: 1_790_000_000_000,
        activatedAt: 1_790_000_000_000,
        principal: 'control',
        note: 'flood season',
      },
    });
    expect(await activate(2)).toMatchObject({
      code: 0,
      out: 'It is in force already; nothing was activated.\n',
    });
  });

  it('refuses a version that is not higher, and a broken file with its problems', async () => {
    await probe.startServer();
    await activate(2);
    const lower = await activate(1);
    expect([lower.code, lower.err]).toEqual([
      1,
      expect.stringContaining('Rule set 2 is in force; give the new one'),
    ]);
    writeFileSync(join(probe.dataDir, 'broken.yaml'), ruleSetText({ version: 3 }).replace('rules:', 'rule:'));
    const broken = await probe.ww('rules', 'activate', 'broken.yaml');
    expect([broken.code, broken.err]).toEqual([
      1,
      expect.stringContaining('broken.yaml:3: rule is not known'),
    ]);
    const missing = await probe.ww('rules', 'activate', 'nowhere.yaml');
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('nowhere.yaml: cannot be read')]);
    expect(probe.application.rules.kept().map(({ version }) => version)).toEqual([2]);
  });

  it('forces only where it is asked to', async () => {
    await probe.startServer();
    await activate(1);
    await activate(2, '--force');
    expect(probe.application.rules.activations.map(({ force }) => force)).toEqual([false, true]);
  });

  it('works on the files where no server runs', async () => {
    const { rules } = probe.application;
    probe.parts.rulesOffline = (_, work) => work(rules);
    const { out, err } = await activate(4);
    expect(out).toContain('Rule set 4 is in force');
    expect(err).toContain('No server runs');
    expect((await probe.ww('rules', 'show', '4')).out).toBe(ruleSetText({ version: 4 }));
    expect((await probe.ww('rules', 'list')).out).toContain('in force');
  });
});

describe('ww rules list', () => {
  it('shows which was in force when, and who activated it', async () => {
    await probe.startServer();
    expect((await probe.ww('rules', 'list')).out).toBe('No rule set is in force.\n');
    await activate(1);
    await activate(2, '--note', 'why');
    const { out } = await probe.ww('rules', 'list');
    expect(out.split('\n')).toEqual([
      'version  in force from        until                time (+08:00)        by       note',
      '      2  2026-09-21 22:13:20  in force             2026-09-21 22:13:20  control  why',
      '      1  2020-01-01 08:00:00  2026-09-21 22:13:20  2026-09-21 22:13:20  control',
      '',
    ]);
    expect((await probe.ww('rules', 'list', '--json')).json()).toMatchObject({
      ruleSets: [
        { version: 2, isInForce: true },
        { version: 1, isInForce: false },
      ],
    });
  });
});

describe('ww rules show', () => {
  it('prints the rule set in force, or that of a version, as it was activated', async () => {
    await probe.startServer();
    await activate(1);
    await activate(2);
    expect((await probe.ww('rules', 'show')).out).toBe(ruleSetText({ version: 2 }));
    expect((await probe.ww('rules', 'show', '1')).out).toBe(ruleSetText({ version: 1 }));
    expect((await probe.ww('rules', 'show', '1', '--json')).json()).toMatchObject({
      version: 1,
      text: ruleSetText({ version: 1 }),
    });
    expect(await probe.ww('rules', 'show', '3')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There never was a rule set 3 in force.'),
    });
    expect(await probe.ww('rules', 'show', '1', '2')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"2" is too much.'),
    });
  });
});

it('shows in the help that the version may be left out', async () => {
  expect((await probe.ww('help', 'rules', 'show')).out).toContain('ww rules show [version] [--json]');
});
