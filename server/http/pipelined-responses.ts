import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Tells every response when its connection is gone. Node tells only the one being written: those of further requests
 * on the same connection, which wait behind it, would stay open for ever, and with them all that their requests hold.
 */
export class PipelinedResponses {
  readonly #open = new WeakMap<Socket, Set<ServerResponse>>();

  /** Of a response that just came into being; it emits `close` at the latest when the connection is gone. */
  add(response: ServerResponse): void {
    const { socket } = response.req;
    const open = this.#open.get(socket) ?? this.#watch(socket);
    open.add(response);
    response.once('close', () => open.delete(response));
  }

  #watch(socket: Socket): Set<ServerResponse> {
    const open = new Set<ServerResponse>();
    this.#open.set(socket, open);
    socket.once('close', () => {
      for (const response of open) response.emit('close');
    });
    return open;
  }
}
