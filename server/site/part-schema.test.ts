import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadSite } from './load-site.ts';
import { partSchema } from './part-schema.ts';

const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));
const RAIN = { property: 'rainfall', intervalMs: 300_000 };

function problemsOf(part: unknown): readonly string[] {
  const issues = partSchema.safeParse(part).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a part from another process', () => {
  it('is taken as it is where a site folder has it', async () => {
    const { parts } = await loadSite(DEMO);
    expect(new Set(parts.map(({ kind }) => kind)).size).toBeGreaterThan(8);
    const sent = JSON.parse(JSON.stringify(parts)) as unknown[];
    expect(sent.flatMap(problemsOf)).toEqual([]);
    expect(sent.map(part => partSchema.parse(part))).toEqual(parts);
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, ': is no part of a district'],
    ['a list', [], ': Invalid input'],
    ['an unknown kind', { kind: '__proto__', id: 'x' }, 'kind: Invalid'],
    ['a kind that every object inherits', { kind: 'constructor', id: 'x' }, 'kind: Invalid'],
    ['half an asset', { kind: 'asset', id: 'a', name: 'a' }, 'type: '],
    ['a foreign key', { kind: 'street', id: 's', name: 's', more: 1 }, ': Unrecognized key'],
    ['no id', { kind: 'station', id: '__proto__', name: 's', datastreams: [RAIN] }, 'id: is no id'],
    ['a station without datastreams', { kind: 'station', id: 'S', name: 's' }, 'datastreams: '],
    [
      'a broken shape',
      { kind: 'basin', id: 'b', name: 'b', geometry: { type: 'Polygon', coordinates: [1] } },
      'geometry',
    ],
  ])('is refused where it is %s', (_what, part, problem) => {
    expect(problemsOf(part)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });
});
