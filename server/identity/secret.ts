import { createHash, randomBytes } from 'node:crypto';

/** 192 random bits: well above the 128 that make a fast hash enough. */
const SECRET_BYTES = 24;

/** A fresh secret, URL-safe, so that it can stand in a firmware setting and on a command line without quotes. */
export function generateSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** SHA-256 of the text's UTF-8 bytes, lower-case hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
