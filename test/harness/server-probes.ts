import type { Readiness } from '../../server/application.ts';
import type { ServerProcess } from './server-process.ts';

/** What `/readyz` answers, with its status. */
export async function readiness(server: ServerProcess): Promise<Readiness & { readonly status: number }> {
  const response = await fetch(urlOf(server, '/readyz'));
  return { status: response.status, ...((await response.json()) as Readiness) };
}

/** A sample of `/metrics` by its name and labels as they stand there, e.g. `ww_ready`. Throws where there is none. */
export async function metric(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(urlOf(server, '/metrics'))).text();
  const line = text.split('\n').find(each => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`There is no metric ${name}:\n${text}`);
  return Number(line.slice(name.length + 1));
}

/** Resident memory of the server's process, MiB. */
export async function residentMiB(server: ServerProcess): Promise<number> {
  return Math.round((await metric(server, 'process_resident_memory_bytes')) / 1024 / 1024);
}

function urlOf(server: ServerProcess, path: string): string {
  const { host, port } = server.addresses.http;
  return `http://${host}:${port}${path}`;
}
