import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

import { AppError } from '../../domain/errors.ts';
import { normalisePassword } from './password.ts';

/** What one hash costs: memory is 128 · 2^costLog2 · blockSize bytes. */
export interface ScryptCost {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** 64 MiB and some 0.2 s (RFC 7914 names the parameters N, r and p). */
const DEFAULT_COST: ScryptCost = { costLog2: 16, blockSize: 8, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Hashes made at a time: each holds its memory and one of the four threads that also serve files. */
const CONCURRENT = 2;
/** Hashes that may wait for their turn, some three seconds of work. */
const WAITING_MAX = 32;

export interface Verdict {
  readonly matches: boolean;
  /** The hash was made at another cost than new ones are. */
  readonly isOutdated: boolean;
}

/**
 * Slow hashes of people's passwords, with their parameters: `$scrypt$ln=16,r=8,p=1$salt$hash`. Rejects with
 * `rate_limited` where too many wait already.
 */
export class PasswordHasher {
  readonly #cost: ScryptCost;
  readonly #derive: typeof deriveKey;
  readonly #decoy: string;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(cost: ScryptCost = DEFAULT_COST, derive: typeof deriveKey = deriveKey) {
    this.#cost = cost;
    this.#derive = derive;
    // No password is known to match random bytes.
    this.#decoy = encode({ cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) });
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return encode({ cost: this.#cost, salt, hash: await this.#inTurn(password, { salt, cost: this.#cost }) });
  }

  /** Does the same work where there is no hash, so that the time tells nobody which users exist. */
  async verify(password: string, encoded: string | undefined): Promise<Verdict> {
    const { cost, salt, hash } = decode(encoded ?? this.#decoy);
    const derived = await this.#inTurn(password, { salt, cost });
    return {
      matches: timingSafeEqual(derived, hash) && encoded !== undefined,
      isOutdated: costText(cost) !== costText(this.#cost),
    };
  }

  async #inTurn(password: string, way: KeyDerivation): Promise<Buffer> {
    await this.#takeTurn();
    try {
      return await this.#derive(normalisePassword(password), way);
    } finally {
      const next = this.#waiting.shift();
      // The place goes on to whoever waits longest; free in between, a newcomer could take it, too.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #takeTurn(): Promise<void> {
    if (this.#running < CONCURRENT) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      throw new AppError('rate_limited', 'Too many logins at once; try again later.', { retryable: true });
    }
    await new Promise<void>(resolve => this.#waiting.push(resolve));
  }
}

interface KeyDerivation {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
}

interface EncodedHash extends KeyDerivation {
  readonly hash: Uint8Array;
}

function encode({ cost, salt, hash }: EncodedHash): string {
  return ['', 'scrypt', costText(cost), unpadded(salt), unpadded(hash)].join('$');
}

function costText({ costLog2, blockSize, parallelism }: ScryptCost): string {
  return `ln=${costLog2},r=${blockSize},p=${parallelism}`;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

const ENCODED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** @throws AppError `unsupported` for a text this version did not write */
function decode(encoded: string): EncodedHash {
  const [, costLog2, blockSize, parallelism, salt = '', hash = ''] = ENCODED.exec(encoded) ?? [];
  if (hash === '')
    throw new AppError('unsupported', 'A password hash has a form this version does not know.');
  return {
    cost: {
      costLog2: Number(costLog2),
      blockSize: Number(blockSize),
      parallelism: Number(parallelism),
    },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function deriveKey(password: string, { salt, cost }: KeyDerivation): Promise<Buffer> {
  const N = 2 ** cost.costLog2;
  return new Promise((resolve, reject) => {
    // OpenSSL counts a little more than the 128·N·r bytes of the algorithm.
    const options = { N, r: cost.blockSize, p: cost.parallelism, maxmem: 256 * N * cost.blockSize };
    scrypt(password, salt, HASH_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
