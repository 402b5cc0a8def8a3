import { request } from 'node:http';

import type { ChildProgram } from './child-program.ts';
import { freePorts } from './child-program.ts';
import { cpuMs, residentMiB } from './process-usage.ts';
import { spawnServer } from './server-under-test.ts';
import { until } from './wait.ts';

/** A server that has just become ready. */
export interface TimedStart {
  readonly child: ChildProgram;
  readonly httpPort: number;
  /** From the start of the process to `/readyz` 200. */
  readonly readyMs: number;
  /** Of the process until then. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Starts the server on a data directory and waits until it is ready. Whoever calls it stops it. */
export async function timedStart(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TimedStart> {
  const httpPort = await freePorts();
  const startedMs = performance.now();
  const child = spawnServer(folder, { ...env, WW_HTTP_PORT: String(httpPort) });
  try {
    await until('readiness', async () => ((await readiness(httpPort)) === 200 ? true : undefined), {
      timeoutMs: 120_000,
      intervalMs: 5,
    });
  } catch (error) {
    await child.stop('SIGKILL');
    throw error;
  }
  const readyMs = performance.now() - startedMs;
  return { child, httpPort, readyMs, cpuMs: cpuMs(child.pid), residentMiB: residentMiB(child.pid) };
}

function readiness(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/readyz', agent: false }, response => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}
