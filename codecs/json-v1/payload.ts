import type { QuarantineReason } from '../../domain/model/ledger.ts';

/** The largest payload of `obs`, `backlog` and the side channels, bytes. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** A message that cannot be used as a whole. `detail` is a sentence that names the path where there is one. */
export interface DecodeFailure {
  readonly ok: false;
  readonly reason: Extract<QuarantineReason, 'malformed_json' | 'schema' | 'payload_too_large'>;
  readonly detail: string;
}

/** The `detail` of a failure is kept with the bytes and shown to people, so it has to stay short. */
const MAX_DETAIL_CHARACTERS = 300;
/** Deeper values are refused: writing them as JSON again would exhaust the stack, and no firmware sends them. */
export const MAX_NESTING = 32;

/** `ignoreBOM` keeps a byte order mark in the text, where it can be seen and refused. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = 0xfeff;

/** Reads bytes as one JSON text in UTF-8 without a byte order mark. Never throws. */
export function readJson(bytes: Uint8Array): { readonly ok: true; readonly value: unknown } | DecodeFailure {
  if (bytes.byteLength > MAX_PAYLOAD_BYTES) {
    return failure(
      'payload_too_large',
      `${bytes.byteLength} bytes; at most ${MAX_PAYLOAD_BYTES} are allowed.`,
    );
  }
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return failure('malformed_json', 'The payload is not UTF-8.');
  }
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) {
    return failure('malformed_json', 'The payload begins with a byte order mark.');
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return failure('malformed_json', error instanceof Error ? error.message : 'Not JSON.');
  }
}

export function failure(reason: DecodeFailure['reason'], detail: string): DecodeFailure {
  return { ok: false, reason, detail: shortened(detail) };
}

/** The first problem of a refused value as `obs[3].t: …`. `prefix` is the path of the value itself. */
export function describeIssue(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  prefix = '',
): string {
  const issue = issues[0];
  if (issue === undefined) return `${prefix}: not as the contract says.`;
  let path = prefix;
  for (const step of issue.path) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? String(step) : `.${String(step)}`;
  }
  return shortened(path === '' ? `${issue.message}.` : `${path}: ${issue.message}.`);
}

/** True when arrays and objects stand inside each other in more than `levels` levels. Looks no deeper than that. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const child of Object.values(value)) {
    if (isNestedDeeper(child, levels - 1)) return true;
  }
  return false;
}

function shortened(text: string): string {
  return text.length <= MAX_DETAIL_CHARACTERS ? text : `${text.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`;
}
