import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';
import { build } from 'vite';

import { printFigure } from '../harness/print-figure.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const temporary = temporaryFolder();
const CONSOLE = fileURLToPath(new URL('../../console', import.meta.url));
const FIRST_LOAD_MAX_KIB = 100;

it('the whole page, curves included, takes at most 100 KiB on the wire', async () => {
  await build({
    root: CONSOLE,
    configFile: join(CONSOLE, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: temporary.path },
  });
  const files = readdirSync(temporary.path, { recursive: true, withFileTypes: true }).filter(entry =>
    entry.isFile(),
  );
  const sizes = files.map(({ parentPath, name }) => ({
    name,
    kib: gzipSync(readFileSync(join(parentPath, name))).length / 1024,
  }));
  const total = sizes.reduce((sum, { kib }) => sum + kib, 0);
  for (const { name, kib } of sizes) printFigure(`${name}: ${kib.toFixed(1)} KiB gz`);
  printFigure(`The whole page: ${total.toFixed(1)} KiB gz`);
  expect(sizes.map(({ name }) => name)).toContain('index.html');
  expect(total).toBeLessThanOrEqual(FIRST_LOAD_MAX_KIB);
});
