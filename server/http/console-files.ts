import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** One file of the page, ready to be sent. */
export interface ConsoleFile {
  /** The path it is asked for by. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

const INDEX = 'index.html';
/** Files below it bear a hash of their content in their name, so that they never change. */
const HASHED = 'assets/';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing inline and nothing from elsewhere: what a station or a user is called can never become code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The folder into which the page is built; it stands beside the compiled server. */
export function builtConsole(): string {
  const isCompiled = import.meta.url.endsWith('.js');
  return fileURLToPath(new URL(isCompiled ? '../../console' : '../../dist/console', import.meta.url));
}

const compress = promisify(gzip);

/** Reads the whole page into memory, some 150 KiB; empty where it was not built. */
export async function readConsoleFiles(folder: string): Promise<readonly ConsoleFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const names = entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  if (!names.includes(INDEX)) return [];
  return await Promise.all(
    names.map(async name => {
      const body = await readFile(join(folder, name));
      const gzipped = await compress(body, { level: constants.Z_BEST_COMPRESSION });
      return { path: name === INDEX ? '/' : `/${name}`, headers: headersOf(name, body), body, gzipped };
    }),
  );
}

function headersOf(name: string, body: Buffer): Readonly<Record<string, string>> {
  return {
    'content-type': CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    // The index names the other files: asked for anew each time, so that a new build is seen at once.
    'cache-control': name.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
  };
}

/** Serves the files at their paths. Whoever asks needs no login: the page has no data of its own. */
export function serveConsole(app: FastifyInstance, files: readonly ConsoleFile[]): void {
  for (const file of files) {
    app.route({
      method: ['GET', 'HEAD'],
      url: file.path,
      config: { isConsole: true },
      handler: async (request, reply) => sendFile(file, request, reply),
    });
  }
}

function sendFile(file: ConsoleFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers(file.headers);
  if (matches(request.headers['if-none-match'], file.headers['etag'] ?? '')) return reply.status(304).send();
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(file.body);
  return reply.header('content-encoding', 'gzip').send(file.gzipped);
}

/** A proxy that compresses makes the tag a weak one (RFC 9110, 13.1.2: the comparison is weak). */
function matches(wanted: string | undefined, etag: string): boolean {
  return (wanted ?? '').split(',').some(tag => tag.trim().replace(/^W\//, '') === etag);
}

/** RFC 9110, 12.5.3; a weight of zero means "not acceptable". */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some(part => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
