/** Every number that bounds the broker. All have defaults that suit a district of 20,000 devices. */
export interface BrokerLimits {
  /** Sockets open at once, whatever their state; default 25,000. */
  readonly maxConnections: number;
  /** Sockets open at once from one address, an IPv6 /64 counting as one; loopback is exempt; default 4,000. */
  readonly maxConnectionsPerAddress: number;
  /** Sockets that have not identified themselves; beyond it the oldest of them is closed; default 4,000. */
  readonly maxHalfOpen: number;
  /** Time from the opening of a socket to its whole CONNECT, milliseconds; default 10 s. */
  readonly connectTimeoutMs: number;
  /** The largest CONNECT frame, bytes; default 4 KiB. */
  readonly connectFrameBytes: number;
  /** The largest frame of a station or a subscriber account, bytes; default 72 KiB. */
  readonly frameBytes: number;
  /** The largest frame of a gateway, bytes; default 320 KiB. */
  readonly gatewayFrameBytes: number;
  /** The largest snapshot, bytes; default 256 KiB. */
  readonly snapshotBytes: number;
  /** The longest keep-alive a client may ask for, seconds; default 600. 0 (none) is never accepted. */
  readonly maxKeepAliveS: number;
  /** How long a client may leave what was sent to it unread, milliseconds; default 10 s. */
  readonly slowClientMs: number;
  /** How much may wait for a client that does not read, bytes; default 1 MiB. */
  readonly writeBufferBytes: number;
  /** Messages that wait for one client with a persistent session; the oldest gives way; default 1,000. */
  readonly offlineMessages: number;
  /** Subscriptions one client may hold; default 64. */
  readonly subscriptionsPerClient: number;
  /** What one station may send in the long run, messages a second; a gateway may as much for each of its stations; default 1,000. */
  readonly messagesPerS: number;
  /** What it may send at once before its acknowledgements come late, messages; default 10,000. */
  readonly messageBurst: number;
  /** Bytes that wait for the journal before no more is read from any client; default 1 MiB. */
  readonly inFlightBytes: number;
  /** The largest `status` message that is retained, bytes; default 16 KiB. */
  readonly retainedStatusBytes: number;
  /** How long a closing connection may take to deliver its last bytes, milliseconds; default 1 s. */
  readonly lingerMs: number;
  /** How long `stop` waits for the journal's answers, milliseconds; default 15 s. */
  readonly stopMs: number;
}

export const DEFAULT_LIMITS: BrokerLimits = {
  maxConnections: 25_000,
  maxConnectionsPerAddress: 4_000,
  maxHalfOpen: 4_000,
  connectTimeoutMs: 10_000,
  connectFrameBytes: 4 * 1024,
  frameBytes: 72 * 1024,
  gatewayFrameBytes: 320 * 1024,
  snapshotBytes: 256 * 1024,
  maxKeepAliveS: 600,
  slowClientMs: 10_000,
  writeBufferBytes: 1024 * 1024,
  offlineMessages: 1_000,
  subscriptionsPerClient: 64,
  messagesPerS: 1_000,
  messageBurst: 10_000,
  inFlightBytes: 1024 * 1024,
  retainedStatusBytes: 16 * 1024,
  lingerMs: 1_000,
  stopMs: 15_000,
};
