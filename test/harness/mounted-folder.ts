import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach } from 'vitest';

/** A file system of its own, unmounted after the test whatever became of it. */
export interface MountedFolder {
  readonly path: string;
  /** Adds and removes options of the mount, e.g. `ro`. Throws what `mount` says. */
  readonly remount: (options: string) => void;
  /** Lets every write wait until `thaw`; only what lies on a block device can be frozen. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

export interface Mounts {
  /** In memory. @param mebibytes its size */
  readonly memory: (mebibytes: number) => MountedFolder;
  /** ext4 in a file behind a loop device. @param mebibytes its size */
  readonly disk: (mebibytes: number) => MountedFolder;
}

/**
 * Why file systems cannot be mounted here, with one line on stderr; undefined where they can. A suite that needs them
 * is skipped then. Throws where `CI=true`: no suite may be skipped there.
 *
 * @param disk whether loop devices are needed too
 */
export function mountProblem(disk: boolean): string | undefined {
  const problem = findProblem(disk);
  if (problem === undefined) return undefined;
  if (process.env['CI'] === 'true') throw new Error(`${problem} With CI=true no suite may be skipped.`);
  console.warn(`SKIPPED: ${problem}`);
  return problem;
}

function findProblem(disk: boolean): string | undefined {
  if (process.platform !== 'linux') return 'Mounting a file system of known size needs Linux.';
  if (process.getuid?.() !== 0) return 'Mounting a file system needs root.';
  const mounts = new MountBook();
  try {
    if (disk) mounts.disk(16);
    else mounts.memory(1);
    return undefined;
  } catch (error) {
    return `A file system cannot be mounted: ${String(error)}`;
  } finally {
    mounts.clear();
  }
}

/** Mounts for the tests of the enclosing `describe` or file; gone after each, also after its failure. */
export function testMounts(): Mounts {
  const mounts = new MountBook();
  afterEach(() => mounts.clear());
  return mounts;
}

class MountBook implements Mounts {
  /** What undoes the steps taken, last first. */
  readonly #undo: (() => void)[] = [];

  memory(mebibytes: number): MountedFolder {
    const path = this.#folder();
    run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'waterwarden-test', path);
    return this.#mounted(path);
  }

  disk(mebibytes: number): MountedFolder {
    const folder = this.#folder();
    const image = `${folder}.img`;
    writeFileSync(image, '');
    this.#undo.push(() => rmSync(image));
    truncateSync(image, mebibytes * 1024 * 1024);
    run('mkfs.ext4', '-q', '-F', image);
    run('mount', '-o', 'loop', image, folder);
    return this.#mounted(folder);
  }

  /** Undoes everything, also where single steps fail; then throws what failed first. */
  clear(): void {
    const failures: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'waterwarden-mount-'));
    this.#undo.push(() => rmdirSync(path));
    return path;
  }

  #mounted(path: string): MountedFolder {
    let isFrozen = false;
    const thaw = (): void => {
      if (!isFrozen) return;
      run('fsfreeze', '-u', path);
      isFrozen = false;
    };
    this.#undo.push(() => {
      // A frozen file system would let the unmounting wait for ever.
      thaw();
      try {
        run('umount', path);
      } catch (error) {
        // Someone still has files open: nothing of it may stay behind all the same.
        run('umount', '--lazy', path);
        throw error;
      }
    });
    return {
      path,
      remount: options => run('mount', '-o', `remount,${options}`, path),
      freeze: () => {
        run('fsfreeze', '-f', path);
        isFrozen = true;
      },
      thaw,
    };
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
}
