import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What a handler answers; the server turns it into bytes. */
export type Answer =
  | JsonAnswer
  | { readonly kind: 'empty'; readonly headers: AnswerHeaders }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  | StreamAnswer
  | ItemsAnswer;

type AnswerHeaders = Readonly<Record<string, string>>;

interface JsonAnswer {
  readonly kind: 'json';
  readonly status: number | undefined;
  readonly body: unknown;
  readonly headers?: AnswerHeaders;
}

/** A stream of events. `open` takes the response over; `isAllowed` says whether its sender may still listen. */
export interface StreamAnswer {
  readonly kind: 'stream';
  /** Throws where there is no room; nothing may come between it and `open`, or others would take the room, too. */
  readonly requireRoom: () => void;
  readonly open: (response: ServerResponse, isAllowed: () => boolean | Promise<boolean>) => void;
}

/** A list. Items become JSON one by one while they are sent, never all in one turn of the event loop. */
export interface ItemsAnswer {
  readonly kind: 'items';
  readonly count: number;
  readonly itemAt: (index: number) => unknown;
  readonly next: string | null;
}

/** One JSON value, with the status of the route unless another is given. */
export function jsonAnswer(body: unknown, status?: number): JsonAnswer {
  return { kind: 'json', status, body };
}

export function itemsAnswer<Item>(
  items: readonly Item[],
  view: (item: Item) => unknown,
  next: string | null,
): ItemsAnswer {
  return { kind: 'items', count: items.length, itemAt: index => view(items[index] as Item), next };
}

/** Text of about this many characters is made in one turn: some 1,000 rows, one or two milliseconds. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * The list `{"items":[…],"next":…}`: as one text where it is short, else in pieces with a turn of the event loop
 * between them.
 */
export function renderList(answer: ItemsAnswer): string | AsyncIterable<string> {
  const begin = writePiece(answer, 0);
  const opened = { ...begin, text: `{"items":[${begin.text}` };
  return opened.upTo === answer.count ? opened.text + closing(answer) : pieces(answer, opened);
}

async function* pieces(answer: ItemsAnswer, first: Piece): AsyncGenerator<string, void, undefined> {
  let piece = first;
  while (piece.upTo < answer.count) {
    yield piece.text;
    await nextTurn();
    piece = writePiece(answer, piece.upTo);
  }
  yield piece.text + closing(answer);
}

interface Piece {
  readonly text: string;
  /** Index of the first item that is not in it. */
  readonly upTo: number;
}

function writePiece(answer: ItemsAnswer, start: number): Piece {
  let text = '';
  let index = start;
  while (index < answer.count && text.length < PIECE_CHARACTERS) {
    text += (index === 0 ? '' : ',') + JSON.stringify(answer.itemAt(index));
    index += 1;
  }
  return { text, upTo: index };
}

function closing(answer: ItemsAnswer): string {
  return `],"next":${JSON.stringify(answer.next)}}`;
}

/** Milliseconds of work on a long list after which other requests get their turn. */
const SLICE_MS = 3;

/** Calls `visit` for each entry, with a turn of the event loop whenever a slice of time is used up. */
export async function visitInSlices<Entry>(
  entries: Iterable<Entry>,
  visit: (entry: Entry) => void,
): Promise<void> {
  let sliceStart = performance.now();
  let sinceLook = 0;
  for (const entry of entries) {
    visit(entry);
    sinceLook += 1;
    if (sinceLook < 64) continue;
    sinceLook = 0;
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await nextTurn();
    sliceStart = performance.now();
  }
}
