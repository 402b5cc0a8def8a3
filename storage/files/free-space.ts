import { statfs } from 'node:fs/promises';

/** Space of the file system under a folder, bytes; `freeBytes` is what this process may still use. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Asks the file system that holds the folder. Rejects where the folder does not exist. */
export async function freeSpace(folder: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** True when less is free than `warnBelowBytes`, or than a twentieth of a file system smaller than twenty times that. */
export function isSpaceLow(space: FreeSpace, warnBelowBytes = 1024 * 1024 * 1024): boolean {
  return space.freeBytes < Math.min(warnBelowBytes, space.totalBytes / 20);
}
