import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { remainingLength, uint16 } from './raw-mqtt.ts';

/** One packet test of mosquitto: what a client sends, and whether the broker is to end the connection. */
export interface PacketVector {
  readonly name: string;
  /** Protocol level: 3, 4 or 5. */
  readonly version: number;
  /** Whether the bytes follow a CONNECT that the tester sends first. */
  readonly isConnected: boolean;
  readonly endsConnection: boolean;
  readonly bytes: Buffer;
}

interface Case {
  readonly name: string;
  readonly ver?: number;
  readonly connect?: boolean;
  readonly expect_disconnect?: boolean;
  readonly msgs: readonly { readonly type: string; readonly payload?: string }[];
}

interface Group extends Partial<Omit<Case, 'name' | 'msgs'>> {
  readonly group: string;
  readonly tests: readonly Case[];
}

/** Reads every vector of a folder of `*.json.gz` files. */
export function readPacketVectors(folder: string): readonly PacketVector[] {
  const files = readdirSync(folder).filter(file => file.endsWith('.json.gz'));
  return files.toSorted().flatMap(file => {
    const groups = JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString()) as Group[];
    return groups.flatMap(group => group.tests.map(test => vectorOf(group, test)));
  });
}

function vectorOf(group: Group, test: Case): PacketVector {
  const sent = test.msgs.filter(({ type }) => type === 'send');
  return {
    name: `${group.group}: ${test.name}`,
    version: test.ver ?? group.ver ?? 4,
    isConnected: test.connect ?? group.connect ?? true,
    endsConnection: test.expect_disconnect ?? group.expect_disconnect ?? true,
    bytes: Buffer.concat(sent.map(({ payload = '' }) => packetBytes(payload))),
  };
}

/** The packet language of the vectors: hex bytes, texts in quotes, numbers with a letter for their encoding. */
function packetBytes(text: string): Buffer {
  const tokens = text.match(/'[^']*'|\S+/g) ?? [];
  return Buffer.concat(tokens.map(tokenBytes));
}

function tokenBytes(token: string): Buffer {
  const [, kind = '', digits = ''] = /^([rvsmkHLi])(\d+)$/.exec(token) ?? [];
  const number = Number(digits);
  if (token.startsWith("'")) return Buffer.from(token.slice(1, -1));
  if (kind === '') return Buffer.from(token, 'hex');
  if (kind === 'r' || kind === 'v') return Buffer.from(remainingLength(number));
  if (kind === 'L') return Buffer.concat([uint16(number >>> 16), uint16(number & 0xffff)]);
  return kind === 'i' ? Buffer.from([number]) : uint16(number);
}
