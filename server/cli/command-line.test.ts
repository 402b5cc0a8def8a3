import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { COMMANDS } from './command-list.ts';

const parse = (text: string) => parseCommandLine(text.split(' ').filter(Boolean), COMMANDS);

describe('parseCommandLine', () => {
  it.each<[string, string, string[], Record<string, string>]>([
    ['station enrol RIVER-1', 'station enrol', ['RIVER-1'], {}],
    ['--json station enrol RIVER-1', 'station enrol', ['RIVER-1'], { json: '' }],
    ['ledger --station=RIVER-1 --audit', 'ledger', [], { station: 'RIVER-1', audit: '' }],
    ['ledger --station=-x', 'ledger', [], { station: '-x' }],
    ['station enrol -- -x', 'station enrol', ['-x'], {}],
    ['rules test', 'rules test', [], {}],
    ['rules test a.yaml --json b.yaml', 'rules test', ['a.yaml', 'b.yaml'], { json: '' }],
    ['quarantine show 12/3', 'quarantine show', ['12/3'], {}],
    ['quarantine list --limit 500', 'quarantine list', [], { limit: '500' }],
    ['token create --role viewer --scope a,b', 'token create', [], { role: 'viewer', scope: 'a,b' }],
  ])('reads "%s"', (text, name, given, options) => {
    const line = parse(text);
    if (line.kind !== 'run') throw new Error(JSON.stringify(line));
    expect([line.command.name, line.arguments, Object.fromEntries(line.options)]).toEqual([
      name,
      given,
      options,
    ]);
    expect(line.json).toBe('json' in options);
  });

  it.each<[string, string[]]>([
    ['', ['No command was given.']],
    ['ledgr', ['There is no command "ledgr". Did you mean "ledger"?']],
    ['frobnicate', ['There is no command "frobnicate".']],
    ['station', ['"station" needs one of: enrol, rotate, revoke.']],
    [
      'station enroll A',
      ['"station" has no command "enroll". Did you mean "enrol"? It has: enrol, rotate, revoke.'],
    ],
    ['station enrol', ['<id> is missing.']],
    ['rules check', ['<file> is missing.']],
    ['station enrol A B', ['"B" is too much.']],
    ['ledger --statoin A', ['"A" is too much.', 'There is no option --statoin. Did you mean "--station"?']],
    ['ledger --role viewer', ['There is no option --role.']],
    ['ledger --station', ['--station needs a value: --station <id>.']],
    ['ledger --station --json', ['--station needs a value: --station <id>.']],
    ['ledger --station=', ['--station needs a value: --station <id>.']],
    ['ledger --audit=yes', ['--audit takes no value.']],
    ['ledger --station A --station B', ['--station was given twice.']],
    ['ledger -x', ['There is no option -x.']],
    ['ledger --constructor', ['There is no option --constructor.']],
    ['token create', ['--role <role> is missing.']],
    [
      'token create --role veiwer',
      [
        '--role "veiwer" is not one of viewer, duty, dispatcher, engineer, integrator, subscriber, admin. Did you mean "viewer"?',
      ],
    ],
    ['quarantine list --limit 0', ['--limit "0" is not a whole number from 1 to 500.']],
    ['quarantine list --limit 1e2', ['--limit "1e2" is not a whole number from 1 to 500.']],
    [
      'quarantine show seven',
      ['<item> cannot be "seven": As the list shows it: 4711, or 4711/3 for one reading of a message.'],
    ],
    [
      'token create x --rolle admin',
      [
        '"x" is too much.',
        '"admin" is too much.',
        'There is no option --rolle. Did you mean "--role"?',
        '--role <role> is missing.',
      ],
    ],
  ])('refuses "%s"', (text, problems) => {
    const line = parse(text);
    expect(line.kind).toBe('usage');
    expect(line.kind === 'usage' && line.problems).toEqual(problems);
  });

  it.each<[string, object]>([
    ['help', { kind: 'help', topic: [] }],
    ['--help', { kind: 'help', topic: [] }],
    ['help station enrol', { kind: 'help', topic: ['station', 'enrol'] }],
    ['station enrol -h', { kind: 'help', topic: ['station', 'enrol'] }],
    ['version --json', { kind: 'version', json: true }],
    ['--version', { kind: 'version', json: false }],
  ])('understands "%s"', (text, line) => {
    expect(parse(text)).toEqual(line);
  });

  it('takes an empty argument for none', () => {
    expect(parseCommandLine(['station', 'enrol', ''], COMMANDS)).toMatchObject({ kind: 'usage' });
  });
});
