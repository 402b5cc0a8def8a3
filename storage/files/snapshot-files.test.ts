import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { freeSpace, isSpaceLow } from './free-space.ts';
import { FileSnapshots } from './snapshot-files.ts';

const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const PICTURE = { gateway: 'G-1', channel: 'gate_2', received: epochMs(1_790_000_000_000), bytes: JPEG };

describe('FileSnapshots', () => {
  const temporary = temporaryFolder();
  let snapshots: FileSnapshots;

  beforeEach(() => {
    snapshots = new FileSnapshots(join(temporary.path, 'snapshots'));
  });

  const files = () =>
    readdirSync(temporary.path, { recursive: true, encoding: 'utf8' }).filter(name =>
      statSync(join(temporary.path, name)).isFile(),
    );

  it('keeps the picture under the name it answers, with its hash and size', async () => {
    const reference = await snapshots.save(PICTURE);
    const kept = readFileSync(join(temporary.path, 'snapshots', reference.name));
    expect([...kept]).toEqual([...JPEG]);
    expect(reference).toMatchObject({
      sha256: createHash('sha256').update(JPEG).digest('hex'),
      bytes: JPEG.length,
    });
    expect(reference.name).toMatch(/^G-1\/2026-09-21\/1790000000000-gate_2-[0-9a-f]{32}\.jpg$/);
  });

  it('gives different pictures, channels and moments different names', async () => {
    const names = await Promise.all([
      snapshots.save(PICTURE),
      snapshots.save({ ...PICTURE, bytes: Uint8Array.of(9) }),
      snapshots.save({ ...PICTURE, channel: 'gate_3' }),
      snapshots.save({ ...PICTURE, received: epochMs(1_790_000_000_001) }),
      snapshots.save({ ...PICTURE, gateway: 'G-2' }),
    ]);
    expect(new Set(names.map(({ name }) => name)).size).toBe(5);
    expect(files()).toHaveLength(5);
  });

  it('keeps one whole file when the same picture is saved many times at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => snapshots.save(PICTURE)));
    expect(new Set(all.map(({ name }) => name)).size).toBe(1);
    expect(files()).toHaveLength(1);
  });

  it.each([
    ['..', 'c'],
    ['G-1/../../x', 'c'],
    ['G-1', '../x'],
    ['G-1', 'a/b'],
    ['G-1', 'a\0b'],
    ['', 'c'],
    ['G-1', ''],
    ['G'.repeat(65), 'c'],
    ['G-1', 'c'.repeat(65)],
    ['/etc', 'c'],
  ])('refuses the gateway %j with the channel %j and writes nothing', async (gateway, channel) => {
    const error: unknown = await snapshots.save({ ...PICTURE, gateway, channel }).catch((e: unknown) => e);
    expect(isAppError(error, 'invalid_request')).toBe(true);
    expect(files()).toEqual([]);
  });

  it.each([Number.NaN, -1, 1.5, 1e18])('refuses the impossible time %d', async received => {
    const error: unknown = await snapshots
      .save({ ...PICTURE, received: epochMs(received) })
      .catch((e: unknown) => e);
    expect(isAppError(error, 'invalid_request')).toBe(true);
  });

  it('never leaves its folder and keeps names short, at the longest ids', async () => {
    const { name } = await snapshots.save({ ...PICTURE, gateway: 'G'.repeat(64), channel: 'c'.repeat(64) });
    expect(resolve(temporary.path, 'snapshots', name).startsWith(join(temporary.path, 'snapshots'))).toBe(
      true,
    );
    expect(Math.max(...name.split('/').map(part => part.length))).toBeLessThan(200);
  });

  it('leaves nothing behind when the disk refuses', async () => {
    mkdirSync(join(temporary.path, 'snapshots'));
    writeFileSync(join(temporary.path, 'snapshots', 'G-1'), 'a file where a folder has to be');
    await expect(snapshots.save(PICTURE)).rejects.toThrow(/./);
    expect(files()).toEqual([join('snapshots', 'G-1')]);
  });

  it('removes what an interrupted save left, and only that', async () => {
    expect(await snapshots.removeUnfinished()).toBe(0);
    const { name } = await snapshots.save(PICTURE);
    writeFileSync(join(temporary.path, 'snapshots', 'G-1', '0011.part'), 'half');
    expect(await snapshots.removeUnfinished()).toBe(1);
    expect(files()).toEqual([join('snapshots', name)]);
  });
});

describe('freeSpace', () => {
  it('tells free and total bytes of the file system', async () => {
    const space = await freeSpace(tmpdir());
    expect(space.totalBytes).toBeGreaterThan(0);
    expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes);
  });

  it('is low below the limit, and on a small file system below a twentieth', () => {
    const GiB = 1024 ** 3;
    expect(isSpaceLow({ freeBytes: GiB - 1, totalBytes: 1000 * GiB })).toBe(true);
    expect(isSpaceLow({ freeBytes: GiB, totalBytes: 1000 * GiB })).toBe(false);
    expect(isSpaceLow({ freeBytes: GiB / 10, totalBytes: GiB })).toBe(false);
    expect(isSpaceLow({ freeBytes: GiB / 21, totalBytes: GiB })).toBe(true);
  });
});
