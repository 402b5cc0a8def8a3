import { join } from 'node:path';
import { isAppError, messageOf } from '../../domain/errors.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import { DEFAULT_RULES } from '../config/schema.ts';
import { thisProgram } from '../program.ts';
import { configuredRuleFile, parseRuleText, readRuleSetFile } from './rule-files.ts';
import type { RuleText } from './rule-files.ts';
import type { RuleKeeper } from './rule-keeper.ts';

export interface RulesWarning {
  readonly code: 'rules_invalid' | 'rules_differ';
  readonly message: string;
}

/** What a start made of the configured rule set. */
export interface StartRules {
  /** Why another rule set is in force than the file says; until one is activated. */
  readonly warning: () => RulesWarning | undefined;
}

/**
 * The first start activates the configured rule set, from its own `validFrom` on; a later one does where the version of
 * the file is higher than all kept. Else the newest kept one stays in force, and what differs is only told: a file that
 * was damaged must not keep the server from starting, and an old one must not undo what `ww rules activate` did. The set
 * that comes with the program takes the place of none that somebody activated.
 *
 * @throws AppError `rules_invalid` where there is no rule set yet and the file cannot be used; `conflict` where it is
 *   valid only from a time to come
 */
export async function startRules(
  rules: RuleKeeper,
  { path, log }: { readonly path: string; readonly log: Log },
): Promise<StartRules> {
  const before = rules.newest();
  if (before !== undefined && before.principal !== SYSTEM_PRINCIPAL.id && isOfProgram(path))
    return NO_WARNING;
  const file = configuredRuleFile(path);
  const untilActivated = (warning: RulesWarning): StartRules => ({
    warning: () => (rules.newest()?.version === before?.version ? warning : undefined),
  });
  let read: RuleText;
  let version: number;
  try {
    read = readRuleSetFile(file);
    if (read.text === before?.text) return NO_WARNING;
    ({ version } = parseRuleText(read));
    if (before === undefined || version > before.version) {
      await rules.activate(SYSTEM_PRINCIPAL, { ...read, note: `file ${file.name}` });
      return NO_WARNING;
    }
  } catch (error) {
    if (before === undefined || !(isAppError(error, 'rules_invalid') || isAppError(error, 'conflict')))
      throw error;
    const message =
      `The rule set ${file.name} cannot be used; version ${before.version}, activated before, is. ` +
      'See `ww rules check`.';
    log.error(message, { error: messageOf(error), problems: error.problems });
    return untilActivated({ code: 'rules_invalid', message });
  }
  const message =
    `The rule set ${file.name} has version ${version} and differs from version ${before.version}, which is in force. ` +
    'Give it a higher version to activate it.';
  log.warn(message);
  return untilActivated({ code: 'rules_differ', message });
}

const NO_WARNING: StartRules = { warning: () => undefined };

function isOfProgram(path: string): boolean {
  return path === join(thisProgram().folder, DEFAULT_RULES);
}
