import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** What identifies the content of a file. */
export interface FileContent {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads the file to its end. `onChunk` runs between two chunks, and ends the reading by throwing. */
export async function contentOf(path: string, onChunk: () => void = () => undefined): Promise<FileContent> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let bytes = 0; ;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, bytes);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      onChunk();
    }
  } finally {
    await file.close();
  }
}

/** Copies into a file that must not exist, onto stable storage; answers what was written. */
export async function copyDurably(from: string, to: string): Promise<FileContent> {
  const source = await open(from, 'r');
  try {
    const copy = await open(to, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let bytes = 0; ;) {
        const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, bytes);
        if (bytesRead === 0) {
          await copy.sync();
          return { bytes, sha256: hash.digest('hex') };
        }
        hash.update(buffer.subarray(0, bytesRead));
        await copy.write(buffer, 0, bytesRead, bytes);
        bytes += bytesRead;
      }
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/** A second name for a file that nobody writes any more; a copy where the file system has no such thing. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyDurably(from, to);
  }
}

/** Writes a new file onto stable storage. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts a file, or the names in a folder, onto stable storage. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Every file below the folder, as a path inside it with `/`, in order. A folder that is not there has none. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Puts the names in the folder and in every folder below it onto stable storage. */
export async function syncFolders(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) await syncPath(join(entry.parentPath, entry.name));
  }
  await syncPath(folder);
}

/** Makes the folder of a file, private to this account. */
export async function makeFolderOf(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

/** True where nothing is, or an empty folder. */
export async function isVacant(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTDIR') return false;
    throw error;
  }
}

/** True for a folder that lies on another file system than the one it stands in: nothing can be renamed onto it. */
export async function isMountPoint(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.dev !== (await stat(dirname(path))).dev;
}

/** Removes a folder with all that is in it, where there is one. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
