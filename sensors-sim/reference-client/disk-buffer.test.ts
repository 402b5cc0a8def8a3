import fs from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DiskBuffer } from './disk-buffer.ts';

const temporary = temporaryFolder();
const open: DiskBuffer[] = [];
afterEach(() => {
  for (const buffer of open.splice(0)) buffer.close();
  vi.restoreAllMocks();
});

const reading = (t: number) => ({ p: 'water_level', t, v: t / 10 });

function opened(limits: { maxBytes?: number; segmentBytes?: number } = {}): DiskBuffer {
  const buffer = new DiskBuffer({ folder: join(temporary.path, 'buffer'), ...limits });
  buffer.open();
  open.push(buffer);
  return buffer;
}

/** As after a power cut: nothing is closed in order. */
const again = opened;
const files = () => fs.readdirSync(join(temporary.path, 'buffer')).sort();
const segments = () => files().filter(name => name.endsWith('.log'));
const path = (name: string) => join(temporary.path, 'buffer', name);
const times = (buffer: DiskBuffer) => [...buffer.numbers()].map(seq => buffer.read(seq)?.[0]?.t);

describe('the buffer on disk', () => {
  it('keeps what was taken, in order, over a restart', () => {
    const buffer = opened();
    expect([buffer.append([reading(1), reading(2)]), buffer.append([reading(3)])]).toEqual([1, 2]);
    const second = again();
    expect([...second.numbers()]).toEqual([1, 2]);
    expect(second.read(1)).toEqual([reading(1), reading(2)]);
    expect(second.append([reading(4)])).toBe(3);
  });

  it('forgets what was acknowledged, and never uses a number twice', () => {
    const buffer = opened();
    for (let t = 1; t <= 3; t += 1) buffer.append([reading(t)]);
    for (const seq of [1, 2, 3]) buffer.remove(seq);
    const second = again();
    expect([second.size, second.append([reading(4)])]).toEqual([0, 4]);
  });

  it('sends again what was acknowledged out of order, since only the oldest mark is kept', () => {
    const buffer = opened();
    for (let t = 1; t <= 4; t += 1) buffer.append([reading(t)]);
    buffer.remove(1);
    buffer.remove(3);
    expect([...buffer.numbers()]).toEqual([2, 4]);
    expect([...again().numbers()]).toEqual([2, 3, 4]);
  });

  it('only repeats when the mark was lost or damaged', () => {
    const buffer = opened();
    buffer.append([reading(1)]);
    buffer.append([reading(2)]);
    buffer.remove(1);
    fs.writeFileSync(path('state'), '');
    const second = again();
    expect([...second.numbers()]).toEqual([1, 2]);
    second.remove(1);
    fs.writeFileSync(path('state'), '00000000 {"acknowledged":900,"dropped":0}\n');
    expect([...again().numbers()]).toEqual([1, 2]);
    fs.unlinkSync(path('state'));
    expect(again().append([reading(3)])).toBe(3);
  });

  it.each([0, 1, 7, 8, 9, 10, 30, 56, 57])(
    'loses only the torn record when a power cut leaves %i bytes of it',
    cut => {
      const buffer = opened();
      buffer.append([reading(1)]);
      const kept = fs.statSync(path(segments()[0]!)).size;
      buffer.append([reading(2)]);
      expect(fs.statSync(path(segments()[0]!)).size).toBeGreaterThan(kept + 57);
      fs.truncateSync(path(segments()[0]!), kept + cut);
      const second = again();
      expect([times(second), second.damaged]).toEqual([[1], 0]);
      expect(fs.statSync(path(segments()[0]!)).size).toBe(kept);
      second.append([reading(3)]);
      expect(times(again())).toEqual([1, 3]);
    },
  );

  it('leaves out a record that the disk has spoiled, counts it, and keeps those behind it', () => {
    const buffer = opened();
    for (let t = 1; t <= 3; t += 1) buffer.append([reading(t)]);
    const file = path(segments()[0]!);
    const content = fs.readFileSync(file);
    content[content.indexOf('"t":2') + 4] = 0x39;
    fs.writeFileSync(file, content);
    expect([buffer.read(2), buffer.damaged, [...buffer.numbers()]]).toEqual([undefined, 1, [1, 3]]);
    const second = again();
    expect([times(second), second.damaged, second.append([reading(4)])]).toEqual([[1, 3], 1, 4]);
  });

  it('drops the oldest when it is full, and counts the readings over a restart', () => {
    const limits = { maxBytes: 4_000, segmentBytes: 1_000 };
    const buffer = opened(limits);
    for (let t = 1; t <= 200; t += 1) buffer.append([reading(t), reading(t + 0.5)]);
    const size = segments().reduce((sum, name) => sum + fs.statSync(path(name)).size, 0);
    expect(size).toBeLessThanOrEqual(4_000);
    const kept = [...buffer.numbers()];
    expect(kept.at(-1)).toBe(200);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => kept[0]! + index));
    expect(buffer.dropped).toBe(2 * (200 - kept.length));
    const second = again(limits);
    expect([second.dropped, [...second.numbers()]]).toEqual([buffer.dropped, kept]);
  });

  it('deletes a segment when all of it was acknowledged', () => {
    const buffer = opened({ segmentBytes: 200 });
    for (let t = 1; t <= 20; t += 1) buffer.append([reading(t)]);
    const before = segments().length;
    for (let seq = 1; seq <= 20; seq += 1) buffer.remove(seq);
    expect([before, segments().length]).toEqual([5, 1]);
    expect(again().append([reading(21)])).toBe(21);
  });

  it('takes nothing when the disk is full, and goes on when there is room', () => {
    const buffer = opened();
    buffer.append([reading(1)]);
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const write = fs.writeSync;
    vi.spyOn(fs, 'writeSync').mockImplementationOnce(((
      file: number,
      bytes: Buffer,
      from: number,
      _length: number,
      at: number,
    ) => {
      write(file, bytes, from, 20, at);
      throw full;
    }) as unknown as typeof fs.writeSync);
    expect(() => buffer.append([reading(2)])).toThrow('no space left');
    expect(buffer.append([reading(3)])).toBe(2);
    const second = again();
    expect([times(second), second.damaged]).toEqual([[1, 3], 0]);
  });

  it('has synced a record before it says that it is kept', () => {
    const buffer = opened();
    const sync = vi.spyOn(fs, 'fdatasyncSync').mockImplementationOnce(() => {
      throw new Error('input/output error');
    });
    expect(() => buffer.append([reading(1)])).toThrow('input/output error');
    expect([buffer.size, sync.mock.calls.length]).toEqual([0, 1]);
  });
});
