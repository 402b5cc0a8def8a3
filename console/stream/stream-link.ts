import type { StreamDelta, StreamState } from '../wire.ts';
import { EventParser } from './event-parser.ts';
import type { ServerEvent } from './event-parser.ts';

const STREAM_PATH = '/api/v1/stream';

/** The server sends something every 15 s; after this silence the connection counts as dead, whatever TCP says. */
const SILENCE_MS = 32_000;
const RETRY_FIRST_MS = 2_000;
const RETRY_MOST_MS = 10_000;

/** What the stream tells the page. */
export interface StreamListener {
  readonly onState: (state: StreamState) => void;
  readonly onDelta: (delta: StreamDelta) => void;
  /** Anything came, heartbeats too. */
  readonly onSign: () => void;
  readonly onBroken: () => void;
  /** The session has ended. */
  readonly onSignedOut: () => void;
  /** The role may not read the stream. */
  readonly onForbidden: () => void;
}

/** What a link needs of the browser. */
export interface LinkHost {
  readonly fetch: typeof fetch;
  /** Calls back once after a span, milliseconds; answers how to cancel that. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** From 0 to 1, exclusive. */
  readonly random: () => number;
}

/**
 * The connection to the event stream, made again for ever. Read with `fetch`, not with `EventSource`: that one shows
 * neither heartbeats nor statuses, so a dead connection and an ended session would both look like silence.
 */
export class StreamLink {
  readonly #host: LinkHost;
  readonly #listener: StreamListener;
  #abort: AbortController | undefined;
  #cancelTimer: () => void = () => undefined;
  #failures = 0;
  #isClosed = false;

  constructor(host: LinkHost, listener: StreamListener) {
    this.#host = host;
    this.#listener = listener;
  }

  open(): void {
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#abort?.abort();
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#watch(abort);
    let status = 0;
    try {
      const response = await this.#host.fetch(STREAM_PATH, {
        headers: { accept: 'text/event-stream' },
        cache: 'no-store',
        signal: abort.signal,
      });
      status = response.status;
      if (response.ok && response.body !== null) await this.#read(response.body, abort);
    } catch {
      // A connection that breaks and one that cannot be made are the same to the page: it tries again.
    }
    this.#cancelTimer();
    if (this.#isClosed) return;
    if (status === 401) this.#listener.onSignedOut();
    else if (status === 403) this.#listener.onForbidden();
    else this.#retry();
  }

  async #read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || this.#isClosed) return;
      this.#watch(abort);
      this.#listener.onSign();
      for (const event of parser.feed(decoder.decode(value, { stream: true }))) this.#tell(event);
    }
  }

  #tell({ name, data }: ServerEvent): void {
    if (name === 'state') {
      this.#failures = 0;
      this.#listener.onState(JSON.parse(data) as StreamState);
    } else if (name === 'delta') {
      this.#listener.onDelta(JSON.parse(data) as StreamDelta);
    }
  }

  #watch(abort: AbortController): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#host.after(SILENCE_MS, () => abort.abort());
  }

  /** With jitter: after a restart of the server not all desks come back in the same instant. */
  #retry(): void {
    this.#listener.onBroken();
    const waitMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 1.5 ** this.#failures);
    this.#failures += 1;
    this.#cancelTimer = this.#host.after(waitMs * (0.75 + this.#host.random() / 2), () => void this.#run());
  }
}
