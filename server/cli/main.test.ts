import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtModule } from '../../storage/thread/built-module.ts';

const MAIN = builtModule(import.meta.url, 'main', '../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ww-main-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(args: readonly string[], env: Record<string, string> = {}) {
  return spawn(process.execPath, [MAIN.pathname, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

describe('the compiled command line', () => {
  it('answers from any folder, with the demo site of its own', async () => {
    const { code, out } = await run(['doctor', '--json'], { WW_MQTT_PORT: '0', WW_HTTP_PORT: '0' });
    expect(code).toBe(0);
    const { findings } = JSON.parse(out) as { findings: { check: string; level: string; message: string }[] };
    expect(findings.find(({ check }) => check === 'site')?.level).toBe('ok');
    expect(findings.find(({ check }) => check === 'data folder')?.message).toContain(join(folder, 'data'));
  });

  it.each<[string, string[], Record<string, string>, number]>([
    ['help', ['help'], {}, 0],
    ['a version', ['version'], {}, 0],
    ['a wrong word', ['ledgr'], {}, 2],
    ['a wrong variable', ['ledger'], { WW_PORT: '1' }, 1],
    ['a command that needs a server', ['quarantine', 'list'], {}, 1],
  ])('exits after %s with its code', async (_what, args, env, expected) => {
    const { code, out, err } = await run(args, env);
    expect(code).toBe(expected);
    expect(code === 0 ? err : out).toBe('');
  });

  it('bears a reader that leaves early', async () => {
    const child = start(['help']);
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
  });
});
