import { setImmediate as nextTurn } from 'node:timers/promises';

/** The media type of server-sent events. */
export const EVENT_STREAM_CONTENT_TYPE = 'text/event-stream; charset=utf-8';

/** What a stream begins with: a client whose stream broke comes back after two seconds. */
export const STREAM_PREAMBLE = Buffer.from('retry: 2000\n\n');

/** A comment, so that neither side and nothing between them takes a quiet stream for a dead one. */
export const HEARTBEAT = Buffer.from(': alive\n\n');

/** An event whose data is one JSON object. */
interface StreamEvent {
  readonly id: number;
  readonly name: 'state' | 'delta';
  /** Members of the data that are JSON already. */
  readonly texts: Readonly<Record<string, string>>;
  /** Members that are lists. Their items become JSON one by one, never all in one turn of the event loop. */
  readonly lists: Readonly<Record<string, Iterable<unknown>>>;
}

/** Text of about this many characters is made in one turn, and sent in one piece. */
const PIECE_CHARACTERS = 64 * 1024;

/** The bytes of an event, in pieces; every client gets the same ones. */
export async function renderEvent({ id, name, texts, lists }: StreamEvent): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  const members = Object.entries(texts).map(([key, text]) => `"${key}":${text}`);
  let text = `id: ${id}\nevent: ${name}\ndata: {${members.join(',')}`;
  let isFirstMember = members.length === 0;
  for (const [key, items] of Object.entries(lists)) {
    text += `${isFirstMember ? '' : ','}"${key}":[`;
    isFirstMember = false;
    let isFirstItem = true;
    for (const item of items) {
      text += (isFirstItem ? '' : ',') + JSON.stringify(item);
      isFirstItem = false;
      if (text.length < PIECE_CHARACTERS) continue;
      pieces.push(Buffer.from(text));
      text = '';
      await nextTurn();
    }
    text += ']';
  }
  // JSON has no line break of its own, so the data is one line.
  pieces.push(Buffer.from(`${text}}\n\n`));
  return pieces;
}
