import { readFileSync } from 'node:fs';
import { AppError, isAppError, messageOf } from '../domain/errors.ts';
import { parseScenario } from '../sensors-sim/scenario/scenario.ts';
import type { Scenario } from '../sensors-sim/scenario/scenario.ts';

/**
 * Reads a scenario file.
 *
 * @throws AppError `scenario_invalid` where it cannot be read, or with every problem in it
 */
export function readScenarioFile(path: string): Scenario {
  try {
    return parseScenario(readFileSync(path, 'utf8'));
  } catch (error) {
    const problems = isAppError(error) ? error.problems : [messageOf(error)];
    throw new AppError('scenario_invalid', `The scenario ${path} was refused.`, { problems, cause: error });
  }
}
