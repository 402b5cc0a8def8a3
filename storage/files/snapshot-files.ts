import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { isThingId } from '../../domain/model/identifier.ts';
import type { SnapshotFiles, SnapshotReference } from '../../domain/ports/snapshot-files.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

const CHANNEL = /^[A-Za-z0-9_-]{1,64}$/;
/** 128 bits: enough to tell apart the pictures of one channel in one millisecond. */
const HASH_CHARACTERS = 32;
/** Endings of files that are not whole yet. */
const TEMPORARY = '.part';

/**
 * Snapshots as files `<gateway>/<yyyy-mm-dd>/<received>-<channel>-<hash>.jpg` below one folder, days in UTC. A file
 * appears under its name only when it is whole and on disk. The same picture of the same moment is the same file.
 */
export class FileSnapshots implements SnapshotFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Removes what an interrupted `save` left behind, e.g. at a start. Resolves with the number of such files. */
  async removeUnfinished(): Promise<number> {
    const names = await readdir(this.#root, { recursive: true }).catch(() => []);
    const unfinished = names.filter(name => name.endsWith(TEMPORARY));
    for (const name of unfinished) await rm(join(this.#root, name), { force: true });
    return unfinished.length;
  }

  /** Rejects with `invalid_request` for a gateway or channel that is not an id, else with what the disk says. */
  async save(picture: {
    readonly gateway: string;
    readonly channel: string;
    readonly received: EpochMs;
    readonly bytes: Uint8Array;
  }): Promise<SnapshotReference> {
    const { gateway, channel, received, bytes } = picture;
    // Both become parts of a path, so nothing but these characters may pass.
    if (!isThingId(gateway) || !CHANNEL.test(channel)) {
      throw new AppError('invalid_request', 'Gateway or channel of a snapshot is not an id.');
    }
    const day = dayOf(received);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = `${received}-${channel}-${sha256.slice(0, HASH_CHARACTERS)}.jpg`;
    await this.#makeFolder([gateway, day]);
    const folder = join(this.#root, gateway, day);
    await writeDurably(folder, file, bytes);
    return { name: `${gateway}/${day}/${file}`, sha256, bytes: bytes.byteLength };
  }

  /** Each new folder is made durable in the one above it. */
  async #makeFolder(parts: readonly string[]): Promise<void> {
    if (await exists(join(this.#root, ...parts))) return;
    await mkdir(this.#root, { recursive: true });
    let folder = this.#root;
    for (const part of parts) {
      await mkdir(join(folder, part), { recursive: true });
      await syncFolder(folder);
      folder = join(folder, part);
    }
  }
}

function dayOf(received: EpochMs): string {
  const date = new Date(received);
  if (!Number.isSafeInteger(received) || !(date.getUTCFullYear() >= 1970 && date.getUTCFullYear() <= 9999)) {
    throw new AppError('invalid_request', 'A snapshot was received at an impossible time.');
  }
  return date.toISOString().slice(0, 10);
}

async function writeDurably(folder: string, file: string, bytes: Uint8Array): Promise<void> {
  // A name of its own for each attempt: the same picture may be saved twice at once.
  const temporary = join(folder, `${randomBytes(12).toString('hex')}${TEMPORARY}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(folder, file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
