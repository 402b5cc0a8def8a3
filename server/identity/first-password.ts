import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Name of the file in the data directory. */
const FIRST_PASSWORD_FILE = 'first-password';

/** The file that holds the generated password of the first user until it is changed. */
export class FirstPasswordFile {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, FIRST_PASSWORD_FILE);
  }

  /** Writes it for the owner alone, onto stable storage. Throws what the file system throws. */
  write(password: string): void {
    // One of a start that ended before the user was made. `wx`: nobody can have put a link in its place meanwhile.
    rmSync(this.path, { force: true });
    const file = openSync(this.path, 'wx', 0o600);
    try {
      writeSync(file, `${password}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Nothing happens where there is none. */
  remove(): void {
    rmSync(this.path, { force: true });
  }
}
