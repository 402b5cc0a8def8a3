import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface BuildIfStale {
  readonly buildIfStale: (options: {
    readonly sources: readonly string[];
    readonly outDir: string;
    readonly build: () => Promise<void>;
  }) => Promise<void>;
}

const MODULE = new URL('./build-if-stale.mjs', import.meta.url).href;
const { buildIfStale } = (await import(MODULE)) as BuildIfStale;

let root: string;
let sources: string[];
let outDir: string;
let builds: number;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ww-build-'));
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/deep/a.ts'), '');
  writeFileSync(join(root, 'package-lock.json'), '{}');
  sources = ['src', 'absent', 'package-lock.json'].map(name => join(root, name));
  outDir = join(root, 'dist');
  builds = 0;
});
afterEach(() => {
  const left = readdirSync(outDir).filter(
    name => name.startsWith('.build-lock') || name.startsWith('.built-'),
  );
  rmSync(root, { recursive: true });
  if (left.length > 0) throw new Error(`The build has left ${left.join()}.`);
});

const run = (build = async () => void (builds += 1)) => buildIfStale({ sources, outDir, build });
/** Gives a file a time after everything that was built. */
const touch = (path: string) => {
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(root, path), later, later);
};

describe('buildIfStale', () => {
  it('builds at first, and then only what has changed', async () => {
    await run();
    await run();
    expect(builds).toBe(1);
    touch('src/deep/a.ts');
    await run();
    expect(builds).toBe(2);
  });

  it('looks at settings too, but not at tests and other files', async () => {
    await run();
    writeFileSync(join(root, 'src/a.test.ts'), '');
    writeFileSync(join(root, 'src/README.md'), '');
    touch('src/a.test.ts');
    touch('src/README.md');
    await run();
    expect(builds).toBe(1);
    touch('package-lock.json');
    await run();
    expect(builds).toBe(2);
  });

  it.each(['page.tsx', 'page.css', 'index.html', 'icon.svg'])(
    'looks at %s, of which the page is made',
    async name => {
      writeFileSync(join(root, 'src', name), '');
      await run();
      touch(join('src', name));
      await run();
      expect(builds).toBe(2);
    },
  );

  it('builds again what changed while it built', async () => {
    await run(async () => {
      builds += 1;
      const changed = join(root, 'src/b.ts');
      writeFileSync(changed, '');
      // The clock of the file system has to move on, or the end of the build would bear the same time.
      const probe = join(root, 'probe');
      do writeFileSync(probe, '');
      while (statSync(probe).mtimeMs <= statSync(changed).mtimeMs);
    });
    await run();
    expect(builds).toBe(2);
  });

  it('does not count a build that failed', async () => {
    await expect(run(() => Promise.reject(new Error('type error')))).rejects.toThrow('type error');
    await run();
    expect(builds).toBe(1);
  });

  it('builds once for all who come at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => run()));
    expect(builds).toBe(1);
  });

  it('builds once over several processes', async () => {
    const log = join(root, 'log');
    writeFileSync(log, '');
    const program = `import { appendFileSync } from 'node:fs';
      import { buildIfStale } from ${JSON.stringify(MODULE)};
      await buildIfStale({ sources: ${JSON.stringify(sources)}, outDir: ${JSON.stringify(outDir)}, build: async () => {
        appendFileSync(${JSON.stringify(log)}, 'begin\\n');
        await new Promise(resolve => setTimeout(resolve, 100));
        appendFileSync(${JSON.stringify(log)}, 'end\\n');
      } });`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0] as unknown));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('begin\nend\n');
  });

  it('takes over the lock of a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    mkdirSync(outDir);
    writeFileSync(join(outDir, '.build-lock'), `${child.pid} ${Date.now()} x`);
    await Promise.all(Array.from({ length: 4 }, () => run()));
    expect(builds).toBe(1);
  });
});
