#!/usr/bin/env node
// The command line from a checkout: builds where the sources are newer, then runs the compiled program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIfStale } from './build-if-stale.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/server/cli/main.js');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const bundler = join(root, 'node_modules/vite/bin/vite.js');

async function compile() {
  process.stderr.write('Building …\n');
  await run([compiler, '-p', 'tsconfig.build.json']);
  await run([bundler, 'build', 'console', '--logLevel', 'warn']);
}

async function run(command) {
  // Standard output belongs to the answer of the command alone.
  const child = spawn(process.execPath, command, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('The build failed; the program was not started.');
}

/** False where the build failed. An installation without the compiler runs what it was given. */
async function build() {
  if (!existsSync(compiler) && existsSync(main)) return true;
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const sources = [...include, 'console', ...settings].map(name => join(root, name));
  try {
    await buildIfStale({ sources, outDir: join(root, 'dist'), build: compile });
    return true;
  } catch (error) {
    process.stderr.write(`ww: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

if (await build()) {
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(main).href);
} else {
  process.exitCode = 1;
}
