import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';

/** Where this program lies, and which version it is. */
export interface Program {
  /** The folder of package.json; the demo site is in it. */
  readonly folder: string;
  readonly version: string;
}

const manifestSchema = z.object({ version: z.string() });

/** Looks upwards from this module, so that it works compiled (below `dist/`) and from the sources. */
export function thisProgram(): Program {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new AppError('internal_error', 'The program has no package.json above it.');
    folder = parent;
  }
  const { version } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return { folder, version };
}
