import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CRUISE_RESULT = z.object({
  modules: z.array(
    z.object({
      source: z.string(),
      dependencies: z.array(z.object({ resolved: z.string(), dependencyTypes: z.array(z.string()) })),
    }),
  ),
  summary: z.object({
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string() })) }),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** What the import checker read and found. Paths are relative to the cruised folder. */
export type CruiseResult = z.infer<typeof CRUISE_RESULT>;

export const REPOSITORY_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs the import checker over a folder with the rules of this repository, as `npm run check` does. Throws with its
 * output when it does not answer in JSON.
 *
 * @param folder the folder to read; its package.json and tsconfig.json count
 */
export function cruise(folder: string): CruiseResult {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(REPOSITORY_ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '.',
      '--config',
      join(REPOSITORY_ROOT, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  if (!stdout.startsWith('{')) throw new Error(`The import checker answered: ${stdout}${stderr}`);
  return CRUISE_RESULT.parse(JSON.parse(stdout));
}
