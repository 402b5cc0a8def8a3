import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { temporaryFolder } from '../test/harness/temp-dir.ts';
import { qualityOf } from './quality-file.ts';

const temporary = temporaryFolder();

function fileWith(text: string): { quality: string } {
  const quality = join(temporary.path, 'quality.yaml');
  writeFileSync(quality, text);
  return { quality };
}

it('reads the parameters that a configuration names, and none where it names none', () => {
  expect(qualityOf({})).toEqual({});
  const entry = '{ property: water_level, spike: { suspectThreshold: 0.05, source: proposal } }';
  expect(qualityOf(fileWith(`version: 3\nentries:\n  - ${entry}\n`))).toEqual({
    quality: {
      version: 3,
      entries: [{ property: 'water_level', spike: { suspectThreshold: 0.05, source: 'proposal' } }],
    },
  });
});

it.each([
  {
    name: 'a file that is not there',
    config: { quality: '/nowhere/quality.yaml' },
    problem: /^cannot be read: /,
  },
  { name: 'no YAML', text: 'a: [', problem: /^line \d+: / },
  { name: 'an unknown key', text: 'version: 1\nentries: []\nspikes: 1', problem: /spikes/ },
])('refuses $name', ({ config, text = '', problem }) => {
  expect(() => qualityOf(config ?? fileWith(text))).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      problems: expect.arrayContaining([expect.stringMatching(problem)]) as unknown,
    }),
  );
});
