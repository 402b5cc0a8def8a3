import { readFileSync } from 'node:fs';

import { AppError, messageOf } from '../domain/errors.ts';

/** The PEM texts of the TLS listener. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/**
 * Reads the PEM files the configuration names.
 *
 * @throws AppError `config_invalid` with every file that cannot be read
 */
export function readTlsFiles(paths: {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}): TlsFiles {
  const problems: string[] = [];
  const read = (option: keyof typeof paths): string => {
    try {
      return readFileSync(paths[option], 'utf8');
    } catch (error) {
      problems.push(`mqtt.tls.${option}: ${messageOf(error)}`);
      return '';
    }
  };
  const files = { certificate: read('certificateFile'), key: read('keyFile'), ca: read('caFile') };
  if (problems.length > 0) {
    throw new AppError('config_invalid', 'The TLS files cannot be read.', { problems });
  }
  return files;
}
