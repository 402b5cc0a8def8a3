import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { thisProgram } from '../program.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

function write(file: string, text: string | Uint8Array): void {
  writeFileSync(join(probe.dataDir, file), text);
}

const CASE = `name: a road under water
rule: { id: p, kind: ponding, subjects: { property: ponding_depth } }
stations:
  - id: S
    datastreams:
      - property: ponding_depth
        interval: 1m
        thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 }
start: 2026-06-01T00:00:00+08:00
every: 1m
series: { S/ponding_depth: '0 0.05 0' }
expect: [{ begin: 1m, end: 2m, severity: blue }]
`;

describe('ww rules test', () => {
  it('runs the cases that come with the program, wherever it is called', async () => {
    const { code, out } = await probe.ww('rules', 'test');
    expect(code).toBe(0);
    expect(out).toContain(
      'ok      rules/cases/backflow.yaml: the river stands above the mouth, and it counts once it',
    );
    expect(out).toMatch(/\n\d{2,} passed, 0 failed\.\n$/);
  });

  it('says in full what differs, and fails', async () => {
    write('good.yaml', CASE);
    write(
      'both.yaml',
      `---\n${CASE}---\n${CASE.replace('a road', 'an underpass').replace('begin: 1m', 'begin: 2m')}---\n`,
    );
    const { code, out, err } = await probe.ww('rules', 'test', 'good.yaml', 'both.yaml');
    expect(code).toBe(1);
    expect(err).toBe('');
    expect(out.split('\n')).toEqual([
      'ok      good.yaml: a road under water',
      'ok      both.yaml: a road under water',
      'FAILED  both.yaml: an underpass under water',
      '          [0].begin: expected "2m", found "1m"',
      '2 passed, 1 failed.',
      '',
    ]);
    const answer = await probe.ww('rules', 'test', 'both.yaml', '--json');
    expect(answer.code).toBe(1);
    expect(answer.json()).toEqual({
      cases: [
        { file: 'both.yaml', name: 'a road under water', differences: [] },
        {
          file: 'both.yaml',
          name: 'an underpass under water',
          differences: ['[0].begin: expected "2m", found "1m"'],
        },
      ],
      passed: 1,
      failed: 1,
    });
  });

  it('runs the case that the how-to shows', async () => {
    const text = readFileSync(join(thisProgram().folder, 'docs/how-to/change-rules.md'), 'utf8');
    write('shown.yaml', /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '');
    expect((await probe.ww('rules', 'test', 'shown.yaml', '--json')).json()).toMatchObject({ passed: 1 });
  });

  it('refuses bad files, with every problem of all of them at its line', async () => {
    write('good.yaml', CASE);
    write('bad.yaml', `${CASE}---\n${CASE.replace('0 0.05 0', '0 wet 0').replace('every: 1m', 'evry: 1m')}`);
    write('torn.yaml', 'name: [\n');
    write('twice.yaml', 'name: a\nname: b\n');
    write('empty.yaml', '# nothing yet\n');
    write('gb.yaml', Uint8Array.from([0x6e, 0x3a, 0x20, 0xb5, 0xc0, 0x0a]));
    const files = ['good', 'bad', 'torn', 'twice', 'empty', 'gb', 'none'].map(name => `${name}.yaml`);
    const { code, out, err } = await probe.ww('rules', 'test', ...files);
    expect(code).toBe(1);
    expect(out).toBe('');
    const [title, ...problems] = err.trimEnd().split('\n');
    expect(title).toBe('ww: The rule cases were refused; none was run. (rules_invalid)');
    for (const problem of [
      '  - bad.yaml:14: every must be a duration such as 30s',
      '  - bad.yaml:23: evry is not known. Did you mean "every"?',
      '  - bad.yaml:24: series.S/ponding_depth has "wet", which is no reading',
      '  - empty.yaml: holds no case',
      '  - gb.yaml: cannot be read: ',
      '  - none.yaml: cannot be read: ',
      '  - torn.yaml:2: ',
      '  - twice.yaml:2: ',
    ]) {
      expect(problems).toContainEqual(expect.stringContaining(problem));
    }
    expect(err).not.toContain('good.yaml');
    expect((await probe.ww('rules', 'test', 'good.yaml', '')).code).toBe(2);
  });
});

const RULES = `version: 1
validFrom: 2026-04-15T00:00:00+08:00
rules:
  - id: road
    kind: ponding
    name: 道路积水
    nameEn: Water on a road
    source: proposal
    subjects: { property: ponding_depth }
  - id: river
    kind: rate_of_rise
    name: 急涨
    nameEn: Rising fast
    source: proposal
    subjects: { property: water_level }
    params: { steps: [{ severity: blue, rise: 0.3, within: 30m }] }
`;

const ROAD = 'property: ponding_depth, intervalMs: 60000';

describe('ww rules check', () => {
  beforeEach(() => {
    mkdirSync(join(probe.dataDir, 'site'));
    write('site/site.yaml', 'name: 区\n');
    write(
      'site/stations.yaml',
      `stations:
  - id: A
    name: 甲
    datastreams: [{ ${ROAD}, thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 } }]
  - { id: B, name: 乙, datastreams: [{ ${ROAD}, thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15 } }] }
`,
    );
    write('rules.yaml', RULES);
  });

  it('tells what each rule watches, and every gap, which is no failure', async () => {
    const { code, out, err } = await probe.ww('rules', 'check', 'rules.yaml', '--site', 'site');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`rule   kind          subjects  gaps
road   ponding              2     1
river  rate_of_rise         0     1

rule   subject          missing    what
road   B/ponding_depth  threshold  red needs the threshold red, which is not set
river                   subject    no datastream of the registry is selected

rules.yaml, valid from 2026-04-15 00:00:00 (+08:00): 1 of 2 rules watch 2 datastreams of 区; 2 gaps.
`);
    expect((await probe.ww('rules', 'check', 'rules.yaml', '--site', 'site', '--json')).json()).toEqual({
      file: 'rules.yaml',
      version: 1,
      validFrom: Date.parse('2026-04-15T00:00:00+08:00'),
      site: '区',
      subjects: 2,
      rules: [
        { id: 'road', kind: 'ponding', subjects: 2, gaps: 1 },
        { id: 'river', kind: 'rate_of_rise', subjects: 0, gaps: 1 },
      ],
      gaps: [
        {
          rule: 'road',
          subject: 'B/ponding_depth',
          missing: 'threshold',
          detail: 'red needs the threshold red, which is not set',
        },
        {
          rule: 'river',
          subject: '',
          missing: 'subject',
          detail: 'no datastream of the registry is selected',
        },
      ],
    });
  });

  it('takes the configured site where none is named', async () => {
    probe.env.WW_SITE = join(probe.dataDir, 'site');
    expect((await probe.ww('rules', 'check', 'rules.yaml', '--json')).json()).toMatchObject({ site: '区' });
  });

  it('finds no problem in the rule set of the program', async () => {
    write('default.yaml', readFileSync(join(thisProgram().folder, 'config/rules/default.yaml')));
    const { code, out } = await probe.ww('rules', 'check', 'default.yaml');
    expect(code).toBe(0);
    expect(out).toMatch(/\d+ of \d+ rules watch \d+ datastreams of 龙岗区/);
  });

  it('refuses a bad rule set, with every problem at its line', async () => {
    write('rules.yaml', RULES.replace('ponding_depth', 'mood').replace('rise: 0.3', 'rise: fast'));
    const { code, err } = await probe.ww('rules', 'check', 'rules.yaml', '--site', 'site');
    expect(code).toBe(1);
    expect(err).toBe(`ww: The rule set rules.yaml was refused. (rules_invalid)
  - rules.yaml:9: rules[0].subjects.property "mood" is no observed property
  - rules.yaml:16: rules[1].params.steps[0].rise expected number, received string
`);
    write('rules.yaml', `${RULES}---\n${RULES}`);
    expect((await probe.ww('rules', 'check', 'rules.yaml')).err).toContain(
      '  - rules.yaml: holds more than one document\n',
    );
    write('rules.yaml', '');
    expect((await probe.ww('rules', 'check', 'rules.yaml')).err).toContain('rules.yaml: holds no rule set\n');
    expect((await probe.ww('rules', 'check', 'none.yaml')).err).toContain('none.yaml: cannot be read: ');
  });

  it('refuses a bad site folder', async () => {
    write('site/site.yaml', 'nme: 区\n');
    const { code, err } = await probe.ww('rules', 'check', 'rules.yaml', '--site', 'site', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'site_invalid' } });
  });
});
