import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findDrift, writeGenerated } from './generated-files.ts';
import { referencePages } from './reference-pages.ts';

/**
 * Writes docs/reference, or with `check` only compares it. Answers the lines to print and the exit code: 1 when a
 * file differs.
 *
 * @param root the folder of package.json
 */
export async function generateDocs(options: {
  readonly root: string;
  readonly check: boolean;
}): Promise<{ readonly lines: readonly string[]; readonly exitCode: 0 | 1 }> {
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(options.root, 'package.json'), 'utf8')));
  const files = referencePages(manifest.version);
  const folder = join(options.root, 'docs', 'reference');
  if (!options.check) {
    const changed = await writeGenerated(folder, files);
    return { lines: changed.map(name => `Wrote docs/reference/${name}.`), exitCode: 0 };
  }
  const drift = await findDrift(folder, files);
  if (drift.length === 0) return { lines: [], exitCode: 0 };
  return {
    lines: [
      ...drift.map(({ file, problem }) => `docs/reference/${file} ${problem}`),
      'Generate the reference again: node scripts/generate-docs.mjs',
    ],
    exitCode: 1,
  };
}
