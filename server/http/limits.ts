/** What one client, and all of them together, may ask of the HTTP server. */
export interface HttpLimits {
  /** Largest request body. The readings of a third party have the size of one `obs` message. */
  readonly bodyBytes: number;
  /** Largest request line and headers together. */
  readonly headerBytes: number;
  /** Requests per second of one principal, or of one address without a token, in the long run. */
  readonly requestsPerSecond: number;
  /** Requests one client may send at once after a pause. */
  readonly burst: number;
  /** Requests of one client that may be unanswered at the same time. */
  readonly concurrentPerClient: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Event streams that may be open at the same time. */
  readonly streams: number;
  /**
   * Of them, those of one principal. Below `concurrentPerClient`, so that whoever has all of them open may still ask,
   * log out first of all.
   */
  readonly streamsPerPrincipal: number;
  /** What may wait for a client that reads its event stream too slowly; over that the stream is cut. */
  readonly streamBufferBytes: number;
  /** Time until the headers must have arrived. */
  readonly headersTimeoutMs: number;
  /** Time until the whole request must have arrived. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves for this long is closed, also in the middle of an answer. */
  readonly socketIdleMs: number;
  /** How long `stop` waits for requests in flight before it cuts them. */
  readonly stopGraceMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  requestsPerSecond: 100,
  burst: 200,
  concurrentPerClient: 64,
  connections: 2_000,
  connectionsPerAddress: 200,
  streams: 500,
  streamsPerPrincipal: 32,
  streamBufferBytes: 4 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 30_000,
  socketIdleMs: 120_000,
  stopGraceMs: 10_000,
};
