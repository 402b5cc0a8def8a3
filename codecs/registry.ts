import { decodeObservations, encodeObservations } from './json-v1/codec.ts';
import type { DecodeFailure, DecodedMessage, OutgoingMessage } from './json-v1/codec.ts';
import { decodeSideMessage } from './json-v1/side-message.ts';
import type { SideChannel, SideMessage } from './json-v1/side-message.ts';

/** What a protocol offers: pure functions between bytes and messages. Decoders never throw. */
export interface Codec {
  readonly name: string;
  decodeObservations(bytes: Uint8Array): DecodedMessage | DecodeFailure;
  encodeObservations(message: OutgoingMessage): Uint8Array;
  decodeSideMessage(
    channel: SideChannel,
    bytes: Uint8Array,
  ): { readonly ok: true; readonly message: SideMessage } | DecodeFailure;
}

const JSON_V1: Codec = { name: 'json-v1', decodeObservations, encodeObservations, decodeSideMessage };

/** Every protocol the server reads, by name. */
export const CODECS: ReadonlyMap<string, Codec> = new Map([JSON_V1].map(codec => [codec.name, codec]));
