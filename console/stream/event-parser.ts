/** An event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * Reads server-sent events from text as it arrives, cut anywhere. Of the fields only `event` and `data` matter here:
 * after a break the server begins with the full state, so there is no position to remember.
 */
export class EventParser {
  /** The beginning of a line that has not ended, in pieces: a full state is one line of megabytes. */
  #pieces: string[] = [];
  #name = '';
  #data: string[] = [];

  /** The events that ended with this text. */
  feed(text: string): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = [...this.#pieces, text.slice(start, end)].join('');
      this.#pieces = [];
      start = end + 1;
      const event = this.#take(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event !== undefined) events.push(event);
    }
    if (start < text.length) this.#pieces.push(text.slice(start));
    return events;
  }

  #take(line: string): ServerEvent | undefined {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }

  #finish(): ServerEvent | undefined {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    return isEmpty ? undefined : event;
  }
}
