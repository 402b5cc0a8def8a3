import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { parseDatastreamName } from '../../domain/model/datastream.ts';

const WHOLE_NUMBER = /^\d{1,15}$/;

/** Reads `t,property,value`; an empty value is a missing one. Answers a sentence where the line cannot be read. */
export function readLine(line: string): OutgoingReading | string {
  const fields = line.trim().split(',');
  const [t = '', p = '', v = ''] = fields.map(field => field.trim());
  if (fields.length !== 3) return 'It has not three fields.';
  if (!WHOLE_NUMBER.test(t)) return 'The time is not epoch milliseconds.';
  if (parseDatastreamName(p) === undefined) return 'The property is unknown.';
  if (v === '') return { p, t: Number(t), v: null };
  // Number('0x10') is 16 and Number('Infinity') is no number that JSON can say.
  if (!/^[-+.\deE]+$/.test(v) || !Number.isFinite(Number(v))) return 'The value is no number.';
  return { p, t: Number(t), v: Number(v) };
}
