import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const MAIN = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));
const NEXT = 'a password that admin has chosen';
const temporary = temporaryFolder();
forbidLeftServers();

const dataDir = () => join(temporary.path, 'data');
const passwordFile = () => join(dataDir(), 'first-password');

/** A browser: it keeps the cookie it was given, whatever server answers. */
class Browser {
  cookie = '';

  async ask(server: ServerProcess, path: string, request: { method?: string; json?: object } = {}) {
    const { host, port } = server.addresses.http;
    const response = await fetch(`http://${host}:${port}${path}`, {
      method: request.method ?? 'GET',
      headers: {
        cookie: this.cookie,
        'sec-fetch-site': 'same-origin',
        ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
    });
    const set = response.headers.get('set-cookie');
    if (set !== null) this.cookie = set.split(';')[0] ?? '';
    const body = await response.text();
    return { status: response.status, body: (body === '' ? undefined : JSON.parse(body)) as unknown };
  }

  logIn(server: ServerProcess, user: string, password: string) {
    return this.ask(server, '/api/v1/session', { method: 'POST', json: { user, password } });
  }
}

/** The command line as a process of its own; answers what it wrote as JSON. */
async function ww(
  args: readonly string[],
  input = '',
): Promise<{ readonly out: unknown; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    env: { PATH: process.env.PATH, WW_DATA_DIR: dataDir() },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out: out === '' ? undefined : (JSON.parse(out) as unknown), err };
}

it('the first user logs in with the password of the file, and a restart logs nobody out', async () => {
  let server = await startServer({ dataDir: dataDir() });
  const password = readFileSync(passwordFile(), 'utf8').trim();
  expect(statSync(passwordFile()).mode & 0o777).toBe(0o600);
  expect(server.output()).toContain(passwordFile());
  const browser = new Browser();
  expect((await browser.logIn(server, 'admin', 'not the password')).status).toBe(401);
  expect((await browser.logIn(server, 'admin', password)).body).toMatchObject({
    user: 'admin',
    role: 'admin',
  });
  expect((await browser.ask(server, '/api/v1/ledger')).body).toMatchObject({
    refused: [{ principal: 'user:admin', reason: 'login_failed', count: 1 }],
  });
  const change = { method: 'POST', json: { current: password, next: NEXT } };
  expect((await browser.ask(server, '/api/v1/session/password', change)).status).toBe(200);
  expect(existsSync(passwordFile())).toBe(false);
  const output = server.output();
  await server.kill();

  server = await startServer({ dataDir: dataDir() });
  expect((await browser.ask(server, '/api/v1/session')).body).toMatchObject({ user: 'admin' });
  expect((await browser.logIn(server, 'admin', password)).status).toBe(401);
  expect(existsSync(passwordFile())).toBe(false);
  expect(await server.stop()).toBe(0);
  for (const secret of [password, NEXT, browser.cookie]) {
    expect(output + server.output()).not.toContain(secret);
  }
});

it('users are administered with and without a server, and a session ends with its user', async () => {
  const added = await ww(['user', 'add', 'li', '--role', 'duty'], '');
  expect(added.err).toContain('No server runs');
  const { password } = added.out as { password: string };
  const server = await startServer({ dataDir: dataDir() });
  // Where there is a user, none is made.
  expect(existsSync(passwordFile())).toBe(false);
  const browser = new Browser();
  expect((await browser.logIn(server, 'li', password)).status).toBe(200);
  const replaced = await ww(['user', 'password', 'li', '--password-stdin'], `${NEXT}\n`);
  expect(replaced).toMatchObject({ out: { name: 'li' }, err: '' });
  expect((await browser.ask(server, '/api/v1/session')).status).toBe(401);
  expect((await browser.logIn(server, 'li', NEXT)).status).toBe(200);
  await ww(['user', 'disable', 'li']);
  expect((await browser.ask(server, '/api/v1/session')).status).toBe(401);
  expect((await browser.logIn(server, 'li', NEXT)).status).toBe(401);
  await server.stop();
  const listed = await ww(['user', 'list']);
  expect(listed.out).toMatchObject({ users: [{ name: 'li', disabledAt: expect.any(Number) as number }] });
});

it('the demo prints the first password on standard output and leaves no file', async () => {
  const server = await startServer({
    dataDir: dataDir(),
    site: DEMO,
    env: { WW_SIMULATOR: 'off', WW_LOG_LEVEL: 'debug' },
  });
  const password = /^First user: admin, password: (\S+)/m.exec(server.output())?.[1] ?? '';
  const logLines = server
    .output()
    .split('\n')
    .filter(line => line.startsWith('{'));
  expect(logLines.join()).not.toContain(password);
  expect(existsSync(passwordFile())).toBe(false);
  expect((await new Browser().logIn(server, 'admin', password)).status).toBe(200);
  await server.stop();
});
