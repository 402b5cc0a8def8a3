import { describe, expect, it } from 'vitest';

import type { JournalStream } from '../domain/ports/journal.ts';
import { IntakeGate } from './intake-gate.ts';
import type { Reader } from './intake-gate.ts';

describe('IntakeGate', () => {
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

  it('lets who sends live readings on first, and only as many as there is room for', async () => {
    const gate = new IntakeGate(1_000);
    const kicked: string[] = [];
    const reader = (name: string, lane: JournalStream, bytes = 0): Reader => ({
      lane,
      kick: () => {
        kicked.push(name);
        if (bytes > 0) gate.taken(bytes);
      },
    });
    gate.taken(1_000);
    gate.taken(10);
    const gone = reader('gone', 'live');
    const readers = [reader('old', 'backlog'), gone, reader('live', 'live'), reader('big', 'backlog', 1_000)];
    for (const each of [...readers, reader('last', 'backlog')]) expect(gate.pass(each)).toBe(false);
    gate.leave(gone);
    expect(readers.map(each => gate.isWaiting(each))).toEqual([true, false, true, true]);
    gate.answered(1_000);
    await turn();
    expect(kicked).toEqual(['live', 'old', 'big']);
    gate.answered(1_000);
    gate.answered(10);
    await turn();
    expect(kicked).toEqual(['live', 'old', 'big', 'last']);
    expect(gate.pass(gone)).toBe(true);
  });
});
