import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import { parseQualityParameters } from '../domain/quality/quality-parameter-file.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import type { Config } from './config/schema.ts';
import { readYamlFile } from './yaml-file.ts';

/**
 * The quality parameters that a configuration names, if it names any.
 *
 * @throws AppError `config_invalid` where they cannot be read, or with every problem in them
 */
export function qualityOf({ quality }: Pick<Config, 'quality'>): { readonly quality?: QualityParameterFile } {
  return quality === undefined ? {} : { quality: readQualityFile(quality) };
}

function readQualityFile(path: string): QualityParameterFile {
  const file = readYamlFile(path);
  const refused = (problems: readonly string[], cause?: unknown): AppError =>
    new AppError('config_invalid', `The quality parameters in ${path} were refused.`, { problems, cause });
  if (file.kind === 'problems') throw refused(file.problems);
  try {
    return parseQualityParameters(file.value);
  } catch (error) {
    throw isAppError(error) ? refused(error.problems, error) : error;
  }
}
