import type { MessagePort, Transferable, Worker } from 'node:worker_threads';

import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';

/** Either end of a channel between threads. */
export type ThreadPort = Pick<MessagePort | Worker, 'postMessage' | 'on'>;

type Method = (argument: never) => unknown;
/** What a thread offers: methods of one argument, answering a value or a promise of one. */
export type Handlers = Readonly<Record<string, Method>>;

/** A result with the buffers that move to the caller instead of being copied. */
export class Transfer {
  readonly value: unknown;
  readonly buffers: readonly Transferable[];
  constructor(value: unknown, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

interface CallMessage {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}
interface ReplyMessage {
  readonly kind: 'reply';
  readonly id: number;
  readonly value?: unknown;
  readonly error?: WireError;
}
interface EventMessage {
  readonly kind: 'event';
  readonly name: string;
  readonly value: unknown;
}
interface WireError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly retryable: boolean;
  readonly problems: readonly string[];
  readonly stack: string | undefined;
}

function toWire(error: unknown): WireError {
  const known = isAppError(error) ? error : undefined;
  return {
    code: known?.code,
    message: messageOf(error),
    retryable: known?.retryable ?? false,
    problems: known?.problems ?? [],
    stack: error instanceof Error ? error.stack : undefined,
  };
}

function fromWire(wire: WireError): Error {
  const error = new AppError(wire.code ?? 'worker_failed', wire.message, {
    retryable: wire.retryable,
    problems: wire.problems,
  });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** Answers calls that arrive on the port. Errors, sync or async, go back to the caller as AppErrors. */
export function serveCalls(port: ThreadPort, handlers: Handlers): void {
  port.on('message', (message: CallMessage | ReplyMessage | EventMessage) => {
    if (message.kind !== 'call') return;
    void answer(port, handlers, message);
  });
}

async function answer(port: ThreadPort, handlers: Handlers, message: CallMessage): Promise<void> {
  let reply: ReplyMessage;
  let buffers: readonly Transferable[] = [];
  try {
    const method = handlers[message.method];
    if (method === undefined) throw new AppError('unsupported', `No method ${message.method}.`);
    const result: unknown = await method(message.argument as never);
    if (result instanceof Transfer) {
      buffers = result.buffers;
      reply = { kind: 'reply', id: message.id, value: result.value };
    } else {
      reply = { kind: 'reply', id: message.id, value: result };
    }
  } catch (error) {
    reply = { kind: 'reply', id: message.id, error: toWire(error) };
  }
  port.postMessage(reply, buffers);
}

/** Sends an event to the other end; nobody answers. */
export function sendEvent(port: ThreadPort, name: string, value: unknown): void {
  port.postMessage({ kind: 'event', name, value } satisfies EventMessage);
}

/**
 * The calling end. After `fail` (the other thread died, the port closed) every open and every later call rejects
 * with `worker_failed`.
 */
export class Remote {
  readonly #port: ThreadPort;
  readonly #open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Map<string, Set<(value: never) => void>>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(port: ThreadPort) {
    this.#port = port;
    port.on('message', (message: CallMessage | ReplyMessage | EventMessage) => this.#receive(message));
  }

  call<Result>(method: string, argument?: unknown, transfer: readonly Transferable[] = []): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise<Result>((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#port.postMessage({ kind: 'call', id, method, argument } satisfies CallMessage, transfer);
    });
  }

  /** Listens for events of that name; the result unsubscribes. */
  on<Value>(name: string, listener: (value: Value) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  fail(cause: unknown): void {
    this.#failure ??= new AppError('worker_failed', `The worker thread is gone: ${messageOf(cause)}`, {
      cause,
    });
    for (const call of this.#open.values()) call.reject(this.#failure);
    this.#open.clear();
  }

  #receive(message: CallMessage | ReplyMessage | EventMessage): void {
    if (message.kind === 'event') {
      for (const listener of this.#listeners.get(message.name) ?? []) listener(message.value as never);
      return;
    }
    if (message.kind !== 'reply') return;
    const call = this.#open.get(message.id);
    if (call === undefined) return;
    this.#open.delete(message.id);
    if (message.error === undefined) call.resolve(message.value as never);
    else call.reject(fromWire(message.error));
  }
}
