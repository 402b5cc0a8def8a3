import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The control socket inside the data directory. */
export const CONTROL_SOCKET = 'control.sock';

/** `sun_path` holds 108 bytes on Linux and 104 elsewhere, with the closing zero; the rest is reserve. */
const PATH_BYTES_MAX = 100;
/** A temporary folder that is longer than this leaves too little for what has to follow. */
const SHORT_FOLDER_BYTES = 50;

/**
 * Runs work with a path to a name in a folder that is short enough for a socket address. Where the real one is too
 * long, it leads over a symbolic link in a private temporary folder, which is gone when the work has ended.
 */
export async function withSocketPath<Result>(
  folder: string,
  name: string,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return await work(path);
  const base = Buffer.byteLength(tmpdir()) <= SHORT_FOLDER_BYTES ? tmpdir() : '/tmp';
  const shortcut = await mkdtemp(join(base, 'ww-'));
  try {
    const link = join(shortcut, 'd');
    await symlink(resolve(folder), link);
    return await work(join(link, name));
  } finally {
    await rm(shortcut, { recursive: true, force: true });
  }
}
