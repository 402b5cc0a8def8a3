import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../harness/temp-dir.ts';
import { cruise, REPOSITORY_ROOT } from './cruise.ts';
import { JUDGED_IMPORTS, PACKAGES } from './forbidden-imports.ts';
import type { JudgedImport } from './forbidden-imports.ts';

/** Folders that the checker leaves out, and those of tools. */
const NOT_SOURCE = /^(?:\.|(?:node_modules|dist|data|coverage)$)/;

/** Every TypeScript file of the repository, found without the checker's help. */
function sourceFiles(folder = ''): readonly string[] {
  return readdirSync(join(REPOSITORY_ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    if (NOT_SOURCE.test(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(path) ? [path] : [];
  });
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const isFile = (target: string) => /^[^.].*\.ts$/.test(target);

function importLine({ from, to, kind }: JudgedImport): string {
  const path = relative(dirname(from), to);
  const specifier = !isFile(to) ? to : path.startsWith('.') ? path : `./${path}`;
  return kind === undefined ? `import '${specifier}';\n` : `${kind} { Thing } from '${specifier}';\n`;
}

/** A little repository that consists of the judged imports and one file that stands alone. */
function writeTree(root: string): void {
  const sources = new Map<string, string>();
  for (const judged of JUDGED_IMPORTS) {
    sources.set(judged.from, (sources.get(judged.from) ?? '') + importLine(judged));
    if (isFile(judged.to) && !sources.has(judged.to)) sources.set(judged.to, '');
  }
  for (const [path, imports] of sources) write(root, path, `${imports}export type Thing = string;\n`);
  write(root, 'server/alone.ts', 'export const alone = true;\n');

  const versions = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, '1.0.0']));
  const manifest = {
    name: 'little-tree',
    type: 'module',
    dependencies: versions(PACKAGES.dependencies),
    devDependencies: versions(PACKAGES.devDependencies),
  };
  write(root, 'package.json', JSON.stringify(manifest));
  write(
    root,
    'tsconfig.json',
    '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true } }',
  );
  for (const name of Object.values(PACKAGES).flat()) {
    // Only "exports", as aedes has it: without the options for it the checker would not resolve the package.
    const exports = { '.': { import: './main.js' } };
    write(root, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', exports }));
    write(root, `node_modules/${name}/main.js`, '');
  }
}

describe('the import checker on this repository', () => {
  // Listed first: a file that is written meanwhile may be read, but need not be.
  const files = sourceFiles();
  const result = cruise(REPOSITORY_ROOT);

  it('reads every TypeScript file', () => {
    const read = new Set(result.modules.map(({ source }) => source));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(file => !read.has(file))).toEqual([]);
  });

  it('sees imports between files, type imports and packages', () => {
    const imports = result.modules.flatMap(({ dependencies }) => dependencies);
    const between = imports.filter(({ dependencyTypes }) => dependencyTypes.includes('local'));
    expect(between.length).toBeGreaterThan(result.modules.length);
    expect(between.some(({ dependencyTypes }) => dependencyTypes.includes('type-only'))).toBe(true);
    expect(imports.some(({ resolved }) => resolved.startsWith('node_modules/zod/'))).toBe(true);
  });

  it('finds no violation', () => {
    expect(result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual(
      [],
    );
  });
});

describe('the import rules on a tree of right and wrong imports', () => {
  const folder = temporaryFolder();

  it('forbid each wrong import, by the rule meant for it, and no right one', () => {
    writeTree(folder.path);
    const { summary } = cruise(folder.path);
    const target = (to: string) => to.replace(/^(?:\.\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/, '$1');
    const found = summary.violations.map(({ rule, from, to }) =>
      rule.name === 'no-orphan' ? `${rule.name}: ${from}` : `${rule.name}: ${from} → ${target(to)}`,
    );
    const expected = JUDGED_IMPORTS.flatMap(({ from, to, forbiddenBy = [] }) =>
      forbiddenBy.map(rule => `${rule}: ${from} → ${to.replace(/^node:/, '')}`),
    );
    expect(found.toSorted()).toEqual([...expected, 'no-orphan: server/alone.ts'].toSorted());

    const broken = new Set(summary.violations.map(({ rule }) => rule.name));
    const untested = summary.ruleSetUsed.forbidden.map(({ name }) => name).filter(name => !broken.has(name));
    expect(untested).toEqual([]);
  });
});
