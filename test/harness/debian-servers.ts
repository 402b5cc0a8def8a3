import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that suites run as outside devices, stores and browsers; scripts/install-test-servers installs them. */
export type DebianProgram = 'mosquitto' | 'mosquitto_pub' | 'mosquitto_sub' | 'influxd' | 'chromium';

interface ServerLookup {
  /** Folders as in PATH; by default PATH and the folders of Debian's servers, which PATH lacks for ordinary users. */
  readonly searchPath?: string;
  /** True where suites must not be skipped; by default whether the environment says `CI=true`. */
  readonly mandatory?: boolean;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The path of a program that the calling suite needs. Where it is absent: undefined and one line on stderr, and the
 * suite is skipped with `describe.skipIf(path === undefined)`; but it throws, and fails the suite, where `CI=true`.
 */
export function requireServer(program: DebianProgram, lookup: ServerLookup = {}): string | undefined {
  const {
    searchPath = [process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter),
    mandatory = process.env['CI'] === 'true',
  } = lookup;
  const folders = searchPath.split(delimiter).filter(folder => folder !== '');
  const path = folders.map(folder => join(folder, program)).find(isExecutable);
  if (path !== undefined) return path;
  const advice = `${program} is not installed; run scripts/install-test-servers.`;
  if (mandatory) throw new Error(`${advice} With CI=true no suite may be skipped.`);
  console.warn(`SKIPPED: ${advice}`);
  return undefined;
}
