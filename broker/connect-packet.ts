/** The last will of a CONNECT. */
export interface Will {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly payload: Buffer;
}

/** A CONNECT of MQTT 3.1 or 3.1.1. */
export interface ConnectPacket {
  readonly clientId: string;
  readonly clean: boolean;
  /** Seconds, 0 = none. */
  readonly keepAliveS: number;
  readonly will?: Will;
  readonly username?: string;
  readonly password?: Buffer;
}

export type ConnectOutcome =
  | { readonly ok: true; readonly connect: ConnectPacket }
  | { readonly ok: false; readonly reason: 'protocol_version' | 'protocol_error' };

const PROTOCOL_ERROR: ConnectOutcome = { ok: false, reason: 'protocol_error' };
const PROTOCOL_VERSION: ConnectOutcome = { ok: false, reason: 'protocol_version' };
/** Protocol names with the level that belongs to them: MQTT 3.1 and 3.1.1. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['MQIsdp', 3],
  ['MQTT', 4],
]);

const FLAG = { reserved: 0x01, clean: 0x02, will: 0x04, willRetain: 0x20, password: 0x40, username: 0x80 };

/**
 * Reads a CONNECT without its fixed header. It has to be valid to the last byte, since the parser behind it trusts
 * lengths more than it should; nothing that is refused here ever gets there. Never throws.
 */
export function parseConnect(body: Buffer): ConnectOutcome {
  const fields = new FieldReader(body);
  const name = fields.text();
  const level = fields.byte();
  if (name === undefined || level === undefined) return PROTOCOL_ERROR;
  const expected = LEVELS.get(name);
  if (expected === undefined) return PROTOCOL_ERROR;
  // [MQTT-3.1.2-2] A server that does not know the level says so, whatever follows in the packet.
  if (level !== expected) return PROTOCOL_VERSION;
  const flags = fields.byte();
  const keepAliveS = fields.number();
  const clientId = fields.text();
  if (flags === undefined || keepAliveS === undefined || clientId === undefined) return PROTOCOL_ERROR;
  const qos = (flags >> 3) & 3;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(FLAG.reserved) || qos === 3) return PROTOCOL_ERROR;
  if (!has(FLAG.will) && (qos !== 0 || has(FLAG.willRetain))) return PROTOCOL_ERROR;
  // [MQTT-3.1.2-22]
  if (has(FLAG.password) && !has(FLAG.username)) return PROTOCOL_ERROR;
  const willTopic = has(FLAG.will) ? fields.text() : undefined;
  const willPayload = has(FLAG.will) ? fields.bytes() : undefined;
  const username = has(FLAG.username) ? fields.text() : undefined;
  const password = has(FLAG.password) ? fields.bytes() : undefined;
  if (!fields.isUsedUp) return PROTOCOL_ERROR;
  return {
    ok: true,
    connect: {
      clientId,
      clean: has(FLAG.clean),
      keepAliveS,
      ...(willTopic === undefined || willPayload === undefined
        ? {}
        : {
            will: {
              topic: willTopic,
              qos: qos as Will['qos'],
              retain: has(FLAG.willRetain),
              payload: willPayload,
            },
          }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
  };
}

/** Reads fields one after the other; after the first that is not there, none is. */
class FieldReader {
  readonly #body: Buffer;
  #at = 0;
  #isBroken = false;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** Everything asked for was there, and nothing is left. */
  get isUsedUp(): boolean {
    return !this.#isBroken && this.#at === this.#body.length;
  }

  byte(): number | undefined {
    return this.#take(1)?.[0];
  }

  number(): number | undefined {
    return this.#take(2)?.readUInt16BE(0);
  }

  bytes(): Buffer | undefined {
    const length = this.number();
    return length === undefined ? undefined : this.#take(length);
  }

  text(): string | undefined {
    return this.bytes()?.toString('utf8');
  }

  #take(length: number): Buffer | undefined {
    const end = this.#at + length;
    if (this.#isBroken || end > this.#body.length) {
      this.#isBroken = true;
      return undefined;
    }
    const part = this.#body.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}
