// Builds before a program runs, but only where a source is newer than the last build, and never twice at a time.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Its time is the moment at which the last good build began. */
const STAMP = '.built';
const LOCK = '.build-lock';
const POLL_MS = 50;
/** No build takes as long: a lock of that age was left behind, whoever has its process id now. */
const LOCK_LIFE_MS = 10 * 60_000;

/**
 * Runs `build` where `outDir` is older than the sources. Processes that come at the same time wait for one build.
 *
 * @param {object} options
 * @param {readonly string[]} options.sources folders and files the build depends on; those that are missing do not count
 * @param {string} options.outDir made where it is missing
 * @param {() => Promise<void>} options.build rejects where the build failed; then nothing counts as built
 */
export async function buildIfStale({ sources, outDir, build }) {
  if (await isFresh(sources, outDir)) return;
  await mkdir(outDir, { recursive: true });
  const unlock = await lock(join(outDir, LOCK));
  try {
    // Whoever held the lock before may have built just this.
    if (await isFresh(sources, outDir)) return;
    // Written before the build and by the clock of the file system, so that a source changed meanwhile is never older.
    const draft = join(outDir, `${STAMP}-${randomUUID()}`);
    await writeFile(draft, '');
    try {
      await build();
      await rename(draft, join(outDir, STAMP));
    } finally {
      await rm(draft, { force: true });
    }
  } finally {
    await unlock();
  }
}

async function isFresh(sources, outDir) {
  const built = await timeOf(join(outDir, STAMP));
  if (built === undefined) return false;
  for (const source of sources) {
    if ((await newestIn(source)) >= built) return false;
  }
  return true;
}

/** The time of the newest source below a path; 0 where there is none. */
async function newestIn(path) {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(error => {
    if (error.code === 'ENOTDIR') return undefined;
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries === undefined) return (await timeOf(path)) ?? 0;
  const times = await Promise.all(
    entries
      .filter(
        entry =>
          entry.isFile() &&
          /\.([cm]?ts|tsx|css|html|svg)$/.test(entry.name) &&
          !entry.name.endsWith('.test.ts'),
      )
      .map(entry => timeOf(join(entry.parentPath, entry.name))),
  );
  return Math.max(0, ...times.map(time => time ?? 0));
}

async function timeOf(path) {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** Waits for the lock file and takes it; the result gives it back. */
async function lock(path) {
  const mine = `${process.pid} ${Date.now()} ${randomUUID()}`;
  for (;;) {
    // A link appears with its content at once, so that no reader ever sees an empty lock.
    const draft = `${path}-${randomUUID()}`;
    await writeFile(draft, mine);
    const isTaken = await link(draft, path).then(
      () => false,
      error => {
        if (error.code === 'EEXIST') return true;
        throw error;
      },
    );
    await rm(draft, { force: true });
    if (!isTaken) return () => rm(path, { force: true });
    const holder = await readFile(path, 'utf8').catch(() => undefined);
    if (holder !== undefined && isDead(holder)) await removeStale(path, holder);
    else await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

function isDead(holder) {
  const [pid, since] = holder.split(' ').map(Number);
  if (Date.now() - since > LOCK_LIFE_MS) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Takes the lock of a dead process away; where somebody was faster and holds it anew, it is put back. */
async function removeStale(path, holder) {
  const aside = `${path}-stale-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== holder) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
