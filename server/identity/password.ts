import { randomBytes } from 'node:crypto';

import { AppError } from '../../domain/errors.ts';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN } from '../../domain/model/password-limits.ts';

/**
 * The form in which a password is hashed: NFKC, so that the same keys on two keyboards give the same password (full
 * width and half width, composed and decomposed).
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC');
}

/** @throws AppError `invalid_request` with every problem of a password somebody wants to have */
export function requireFitPassword(password: string): void {
  const normalised = normalisePassword(password);
  const problems: string[] = [];
  if (Array.from(normalised).length < PASSWORD_CHARACTERS_MIN) {
    problems.push(`The password has fewer than ${PASSWORD_CHARACTERS_MIN} characters.`);
  }
  if (Buffer.byteLength(normalised) > PASSWORD_BYTES_MAX) {
    problems.push(`The password has more than ${PASSWORD_BYTES_MAX} bytes in UTF-8.`);
  }
  if (problems.length > 0) throw new AppError('invalid_request', problems.join(' '), { problems });
}

/** 32 characters that nobody mistakes for each other (after Crockford). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CHARACTERS = 20;

/** A password of 100 random bits in five groups, to be read out and typed: `7k3m-…`. */
export function generatePassword(): string {
  const text = [...randomBytes(CHARACTERS)].map(byte => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  return text.replaceAll(/(.{4})(?=.)/g, '$1-');
}
