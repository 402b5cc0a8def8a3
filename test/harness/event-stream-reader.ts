import { get } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { waitFor } from './wait-for.ts';

export interface ReceivedEvent {
  readonly id: number;
  readonly event: string;
  // eslint-disable-next-line typescript/no-explicit-any -- tests look into bodies of any shape.
  readonly data: any;
}

/** A client of the event stream that keeps all it receives. */
export class EventStreamReader {
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** Everything that came, as it came. */
  raw = '';
  isEnded = false;
  /** True when the last block that began has come whole. */
  isAtRest = false;
  readonly #request: ClientRequest;
  #opened = false;

  /** Resolves once the head of the answer is there. */
  static async open(
    url: string,
    options: { readonly token?: string; readonly headers?: Record<string, string> },
  ): Promise<EventStreamReader> {
    const reader = new EventStreamReader(url, {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    });
    await waitFor('the head of the stream', () => reader.#opened || reader.isEnded);
    return reader;
  }

  private constructor(url: string, headers: Record<string, string>) {
    this.#request = get(`${url}/api/v1/stream`, { headers, agent: false }, response => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      this.#opened = true;
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        this.raw += text;
        this.isAtRest = text.endsWith('\n\n');
      });
      response.on('error', () => undefined);
      response.on('close', () => (this.isEnded = true));
    });
    this.#request.on('error', () => (this.isEnded = true));
  }

  /** The blocks that are no events: the preamble and the heartbeats. */
  get others(): readonly string[] {
    return this.#blocks().filter(block => !block.startsWith('id: '));
  }

  get events(): readonly ReceivedEvent[] {
    return this.#blocks().flatMap(block => {
      const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (data === undefined || event === undefined) return [];
      return [{ id: Number(id), event, data: JSON.parse(data) as unknown }];
    });
  }

  /** The event of that place, once it is there. */
  event(index: number): Promise<ReceivedEvent> {
    return waitFor(`event ${index} of the stream`, () => this.events[index]) as Promise<ReceivedEvent>;
  }

  close(): void {
    this.#request.destroy();
  }

  #blocks(): readonly string[] {
    // What follows the last empty line is not whole yet.
    return this.raw.split('\n\n').slice(0, -1);
  }
}
