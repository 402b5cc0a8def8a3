import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { messageOf } from '../domain/errors.ts';
import { connections } from './parts/connections.ts';
import { ingest } from './parts/ingest.ts';
import { latency } from './parts/latency.ts';
import { restart } from './parts/restart.ts';
import { store } from './parts/store.ts';
import { watch } from './parts/watch.ts';
import type { BenchPart, PartReport } from './part.ts';
import { reportText } from './report-text.ts';

const PARTS: readonly BenchPart[] = [ingest, connections, store, latency, restart, watch];

const HELP = `Usage: npm run bench -- [part ...] [--quick] [--json]

${PARTS.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

All parts by default. --quick shows in a few minutes that everything runs; its figures are rough. --json prints one
object with the figures as numbers. Progress goes to stderr. Nothing asserts a time.
`;

function machine(): Readonly<Record<string, string | number>> {
  return {
    node: process.version,
    kernel: release(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1_024 ** 3),
  };
}

async function runPart(part: BenchPart, quick: boolean): Promise<PartReport> {
  const folder = mkdtempSync(join(tmpdir(), `waterwarden-bench-${part.name}-`));
  try {
    return await part.run({ quick, folder, say: line => process.stderr.write(`${line}\n`) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const unknown = positionals.filter(name => !PARTS.some(part => part.name === name));
  if (values.help === true || unknown.length > 0) {
    process.stdout.write(`${unknown.map(name => `There is no part "${name}".\n`).join('')}${HELP}`);
    return unknown.length > 0 ? 2 : 0;
  }
  const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const reports: Record<string, PartReport> = {};
  if (values.json !== true) process.stdout.write(`${JSON.stringify(machine())}\n\n`);
  let failures = 0;
  for (const part of chosen) {
    try {
      const report = await runPart(part, values.quick ?? false);
      reports[part.name] = report;
      if (values.json !== true) process.stdout.write(`${reportText(part.name, report)}\n`);
    } catch (error) {
      failures += 1;
      process.stderr.write(`The part ${part.name} failed: ${messageOf(error)}\n`);
    }
  }
  if (values.json === true)
    process.stdout.write(`${JSON.stringify({ machine: machine(), parts: reports })}\n`);
  return failures === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
