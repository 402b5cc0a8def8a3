import { join, resolve } from 'node:path';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Where a scenario is: a name is one of those that come with the program, anything else is a path. */
export function scenarioPath(
  nameOrPath: string,
  folders: { readonly programFolder: string; readonly workingFolder: string },
): string {
  return NAME.test(nameOrPath)
    ? join(folders.programFolder, 'config/scenarios', `${nameOrPath}.yaml`)
    : resolve(folders.workingFolder, nameOrPath);
}
