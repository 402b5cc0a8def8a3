import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SILENT_LOG } from '../../domain/ports/log.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';

const folder = temporaryFolder();
const INDEX = '<!doctype html><title>page</title>';
const SCRIPT = 'export const answer = 42;\n'.repeat(50);

let http: HttpProbe;
const warnings: string[] = [];

async function start(consoleFolder: string): Promise<void> {
  const log = { ...SILENT_LOG, warn: (message: string) => void warnings.push(message) };
  http = await startHttpProbe(createFakeApplication(), { consoleFolder, log });
}

beforeEach(() => {
  warnings.length = 0;
  mkdirSync(join(folder.path, 'assets'));
  writeFileSync(join(folder.path, 'index.html'), INDEX);
  writeFileSync(join(folder.path, 'assets/page-4f.js'), SCRIPT);
  writeFileSync(join(folder.path, 'assets/page-4f.css'), 'body{}');
});
afterEach(async () => {
  await http.server.stop();
});

/** As the bytes are on the wire: `fetch` would unpack them. */
function raw(path: string, headers: Record<string, string>): Promise<{ encoding: unknown; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(`${http.url}${path}`, { headers }, response => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
        );
    })
      .on('error', reject)
      .end();
  });
}

describe('the files of the page', () => {
  it('are served without login, the index anew each time and hashed files for ever', async () => {
    await start(folder.path);
    const index = await http.ask('/');
    expect([index.status, index.text]).toEqual([200, INDEX]);
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const script = await http.ask('/assets/page-4f.js');
    expect([script.status, script.text]).toEqual([200, SCRIPT]);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
  });

  it('allow nothing inline, nothing from elsewhere and no frame around them', async () => {
    await start(folder.path);
    const { headers } = await http.ask('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each([
    { accepts: 'gzip, deflate, br', isPacked: true },
    { accepts: 'br;q=1.0, GZIP;q=0.5', isPacked: true },
    { accepts: 'gzip;q=0', isPacked: false },
    { accepts: 'deflate', isPacked: false },
  ])('are packed: $isPacked for "$accepts"', async ({ accepts, isPacked }) => {
    await start(folder.path);
    const { encoding, body } = await raw('/assets/page-4f.js', { 'accept-encoding': accepts });
    expect(encoding).toBe(isPacked ? 'gzip' : undefined);
    expect((isPacked ? gunzipSync(body) : body).toString()).toBe(SCRIPT);
    expect(body.length < SCRIPT.length).toBe(isPacked);
  });

  it('are not sent again to whoever has them', async () => {
    await start(folder.path);
    const etag = (await http.ask('/')).headers.get('etag') ?? '';
    const again = await http.ask('/', { headers: { 'if-none-match': `"other", W/${etag}` } });
    expect([again.status, again.text]).toEqual([304, '']);
    const changed = await http.ask('/', { headers: { 'if-none-match': '"other"' } });
    expect(changed.status).toBe(200);
  });

  it('leave every other path and method to the API and its problems', async () => {
    await start(folder.path);
    for (const path of [
      '/index.html',
      '/assets/other.js',
      '/assets/',
      '/api/v1/none',
      '/..%2fpackage.json',
    ]) {
      const answer = await http.ask(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
    }
    expect((await http.ask('/', { method: 'POST', json: {} })).status).toBe(404);
    expect((await http.ask('/', { method: 'HEAD' })).status).toBe(200);
    expect((await http.ask('/metrics')).text).toContain('ww_http_requests_total');
  });

  it('are counted apart from paths that do not exist', async () => {
    await start(folder.path);
    await http.ask('/');
    const { text } = await http.ask('/metrics');
    expect(text).toContain('ww_http_requests_total{route="console",status="200"} 1');
  });

  it('are no reason not to start where they were not built', async () => {
    await start(join(folder.path, 'absent'));
    expect((await http.ask('/')).status).toBe(404);
    expect((await http.ask('/healthz')).status).toBe(200);
    expect(warnings).toEqual(['The page was not built; only the API is served.']);
  });
});
