import { createHash } from 'node:crypto';

import { createMqttBroker } from '../../broker/mqtt-broker.ts';
import type { MqttBroker, MqttBrokerOptions } from '../../broker/mqtt-broker.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { Registry, ThingSpec } from '../../domain/model/registry.ts';
import type {
  Credential,
  CredentialView,
  RefusalCounter,
  RefusalReason,
  RegistryView,
} from '../../domain/ports/identity.ts';
import type { JournalledEntry } from '../../domain/ports/journal.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { SnapshotFiles } from '../../domain/ports/snapshot-files.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from './machine-clock.ts';
import { MemoryJournal } from './memory-journal.ts';
import { RawClient, connectFrame } from './raw-mqtt.ts';
import type { ConnectOptions } from './raw-mqtt.ts';
import { waitFor } from './wait-for.ts';

/** Ids and credentials in memory; each thing's secret is `secret-of-<id>` unless it was rotated. */
export class MemoryIdentities implements RegistryView, CredentialView {
  #registry: Registry;
  readonly #credentials = new Map<string, Credential>();
  readonly #changed = new Set<(registry: Registry) => void>();
  readonly #revoked = new Set<(id: ThingId) => void>();

  constructor(things: readonly ThingSpec[]) {
    this.#registry = { version: 1, things: new Map(things.map(thing => [thing.id, thing])) };
    for (const { id } of things) this.#enrol(id, `secret-of-${id}`);
  }

  current(): Registry {
    return this.#registry;
  }

  onChanged(listener: (registry: Registry) => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  credential(id: string): Credential | undefined {
    return this.#credentials.get(id);
  }

  onRevoked(listener: (id: ThingId) => void): () => void {
    this.#revoked.add(listener);
    return () => this.#revoked.delete(listener);
  }

  put(...things: readonly ThingSpec[]): void {
    const all = new Map([...this.#registry.things, ...things.map(thing => [thing.id, thing] as const)]);
    for (const { id } of things) if (!this.#credentials.has(id)) this.#enrol(id, `secret-of-${id}`);
    this.#change(all);
  }

  remove(id: string): void {
    this.#change(new Map([...this.#registry.things].filter(([each]) => each !== id)));
  }

  rotate(id: string, secret: string): void {
    this.#enrol(id, secret);
    for (const listener of this.#revoked) listener(id as ThingId);
  }

  revoke(id: string): void {
    const credential = this.#credentials.get(id);
    if (credential !== undefined) this.#credentials.set(id, { ...credential, revokedAt: epochMs(1) });
    for (const listener of this.#revoked) listener(id as ThingId);
  }

  /** Registered, but never enrolled. */
  forgetCredential(id: string): void {
    this.#credentials.delete(id);
  }

  #enrol(id: string, secret: string): void {
    const secretSha256 = createHash('sha256').update(secret).digest('hex');
    this.#credentials.set(id, { id: id as ThingId, secretSha256, enrolledAt: epochMs(0) });
  }

  #change(things: ReadonlyMap<string, ThingSpec>): void {
    this.#registry = { version: this.#registry.version + 1, things };
    for (const listener of this.#changed) listener(this.#registry);
  }
}

/** Refusals by `principal reason`. */
export class CountedRefusals implements RefusalCounter {
  readonly counts = new Map<string, number>();

  count(principal: string, reason: RefusalReason): void {
    const key = `${principal} ${reason}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  of(principal: string, reason: RefusalReason): number {
    return this.counts.get(`${principal} ${reason}`) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }
}

export const station = (id: string): ThingSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [],
});
export const gateway = (id: string, ...stations: readonly string[]): ThingSpec => ({
  kind: 'gateway',
  id: id as ThingId,
  name: id,
  stations: stations as readonly ThingId[],
});
export const subscriber = (id: string, ...basins: readonly string[]): ThingSpec => ({
  kind: 'subscriber',
  id: id as ThingId,
  name: id,
  basins,
});

/** S-1 … S-3 stations, G-1 a gateway with S-2, A-1 an account for the basin `river`. */
const THINGS: readonly ThingSpec[] = [
  station('S-1'),
  station('S-2'),
  station('S-3'),
  gateway('G-1', 'S-2'),
  subscriber('A-1', 'river'),
];

/** A running broker with everything around it in memory. */
export class BrokerRig {
  readonly journal = new MemoryJournal();
  readonly refusals = new CountedRefusals();
  readonly identities: MemoryIdentities;
  readonly broker: MqttBroker;
  readonly #clients: RawClient[] = [];

  private constructor(options: Partial<MqttBrokerOptions>, things: readonly ThingSpec[]) {
    this.identities = new MemoryIdentities(things);
    this.broker = createMqttBroker({
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
      registry: this.identities,
      credentials: this.identities,
      refusals: this.refusals,
      journal: this.journal,
      snapshots: NO_SNAPSHOTS,
      host: '127.0.0.1',
      port: 0,
      ...options,
    });
  }

  static async start(options: Partial<MqttBrokerOptions> = {}, things = THINGS): Promise<BrokerRig> {
    const rig = new BrokerRig(options, things);
    await rig.broker.start();
    return rig;
  }

  get port(): number {
    return this.broker.address()!.port;
  }

  /** A socket that has sent nothing. */
  open(): RawClient {
    const client = RawClient.to(this.port);
    this.#clients.push(client);
    return client;
  }

  /** A client that has sent its CONNECT. */
  connect(id: string, options: Partial<ConnectOptions> = {}): RawClient {
    const { username = id, password = `secret-of-${id}` } = options;
    return this.open().send(connectFrame({ id, ...options, username, password }));
  }

  /** A client that has its CONNACK. */
  async online(id: string, options: Partial<ConnectOptions> = {}): Promise<RawClient> {
    const client = this.connect(id, options);
    const code = await client.connack();
    if (code !== 0) throw new Error(`${id} was refused with ${code}.`);
    return client;
  }

  /** What was journalled so far, in order. */
  async journalled(stream: 'live' | 'backlog' = 'live'): Promise<JournalledEntry[]> {
    const entries: JournalledEntry[] = [];
    for await (const entry of this.journal.messages(stream)) entries.push(entry);
    return entries;
  }

  async payloads(stream: 'live' | 'backlog' = 'live'): Promise<string[]> {
    return (await this.journalled(stream)).map(({ payload }) => Buffer.from(payload).toString());
  }

  async refused(principal: string, reason: RefusalReason, count = 1): Promise<void> {
    await waitFor(`${count} ${reason} of ${principal}`, () => this.refusals.all(), {
      until: () => this.refusals.of(principal, reason) === count,
    });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    this.journal.release();
    await this.broker.stop();
  }
}

const NO_SNAPSHOTS: SnapshotFiles = {
  save: () => Promise.reject(new Error('No snapshots here.')),
};
