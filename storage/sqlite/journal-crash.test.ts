import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { arrivalsOf, readAll } from '../../test/harness/journal-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { SqliteArrivalLog } from './arrival-log.ts';
import { JournalClient } from './journal-client.ts';
import { createJournalReader } from './journal-reader.ts';

const CHILD = fileURLToPath(new URL('./journal-crash-child.mjs', import.meta.url));
const KILLS = 12;
const STREAMS = ['live', 'backlog'] as const;

interface Facts {
  readonly acknowledged: Map<string, string>;
  readonly moved: Set<number>;
  cursors: { live: number; backlog: number };
}

const temporary = temporaryFolder();

/** Runs the child until it is killed, some time after it acknowledged its first message. */
async function runAndKill(run: number, mode: string, facts: Facts): Promise<void> {
  const { live, backlog } = facts.cursors;
  const args = [CHILD, temporary.path, `${run}`, `${live}`, `${backlog}`, mode];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = new Promise<NodeJS.Signals | null>(resolve => {
    child.on('close', (_code, signal) => resolve(signal));
  });
  let doomed = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, first, second] = line.split(' ');
    if (kind === 'A' && second !== undefined) {
      facts.acknowledged.set(second, first!);
      if (!doomed) setTimeout(() => child.kill('SIGKILL'), Math.random() * 250);
      doomed = true;
    } else if (kind === 'M') {
      facts.moved.add(Number(first));
    } else if (kind === 'C' && second !== undefined) {
      facts.cursors = { live: Number(first), backlog: Number(second) };
    }
  }
  expect([await ended, errors]).toEqual(['SIGKILL', '']);
}

describe('the journal of a process that is killed again and again', () => {
  it.each(['archive', 'move'])(
    'loses and doubles nothing that was acknowledged (%s)',
    async mode => {
      const facts: Facts = { acknowledged: new Map(), moved: new Set(), cursors: { live: 0, backlog: 0 } };
      for (let run = 0; run < KILLS; run += 1) await runAndKill(run, mode, facts);

      const arrived = { live: new Map<string, number>(), backlog: new Map<string, number>() };
      const positions: number[] = [];
      const stations = new Map<string, number>();
      for (const stream of STREAMS) {
        for (const entry of await arrivalsOf(new SqliteArrivalLog(temporary.path), stream)) {
          const text = new TextDecoder().decode(entry.payload);
          expect(arrived[stream].has(text)).toBe(false);
          arrived[stream].set(text, entry.position);
          positions.push(entry.position);
          stations.set(entry.principal, (stations.get(entry.principal) ?? 0) + 1);
        }
      }
      const missing = [...facts.acknowledged].filter(
        ([text, stream]) => !arrived[stream as 'live' | 'backlog'].has(text),
      );
      expect(missing).toEqual([]);
      expect(facts.acknowledged.size).toBeGreaterThan(KILLS);
      positions.sort((a, b) => a - b);
      expect(positions).toEqual(Array.from({ length: positions.length }, (_, index) => index + 1));
      expect(readdirSync(join(temporary.path, 'archive')).length).toBeGreaterThan(0);

      const journal = new JournalClient({ directory: temporary.path });
      await journal.start();
      const reader = createJournalReader(journal.openReader());
      const pending = { live: 0, backlog: 0 };
      const parts: number[] = [];
      for (const stream of STREAMS) {
        for (const batch of await readAll(reader, stream, facts.cursors[stream])) {
          for (const entry of batch.entries) {
            if (entry.splitBefore === undefined) pending[stream] += 1;
            else parts.push(entry.position);
          }
        }
      }
      const account = await reader.account(facts.cursors);
      expect([account.journalled, account.pending]).toEqual([
        positions.length,
        pending.live + pending.backlog,
      ]);
      for (const [station, count] of stations) expect(account.stations.get(station)?.journalled).toBe(count);
      expect(account.stations.size).toBe(stations.size);
      expect(new Set(parts).size).toBe(parts.length);
      expect([...facts.moved].filter(position => !parts.includes(position))).toEqual([]);
      if (mode === 'move') expect(facts.moved.size).toBeGreaterThan(0);
      reader.close();
      await journal.stop();
    },
    120_000,
  );
});
