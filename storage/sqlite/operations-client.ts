import { Worker } from 'node:worker_threads';

import type { PartKey } from '../../domain/model/district.ts';
import type { RefusalCount } from '../../domain/model/ledger.ts';
import type { Credential } from '../../domain/ports/identity.ts';
import type {
  ApiToken,
  AuditEntry,
  Operations,
  Session,
  User,
  UserChange,
} from '../../domain/ports/operations.ts';
import type {
  KeptPart,
  PartSelection,
  RegistryChange,
  RegistryVersion,
} from '../../domain/ports/registry-store.ts';
import type { KeptRuleSet, RuleSetActivation } from '../../domain/ports/rule-set-store.ts';
import { builtModule } from '../thread/built-module.ts';
import { Remote } from '../thread/remote.ts';
import type { OperationsWorkerData } from './operations-worker.ts';

/** The operations store in a thread of its own, so that a slow disk does not hold up the event loop. */
export class OperationsClient implements Operations {
  readonly #worker: Worker;
  readonly #remote: Remote;
  #closing: Promise<void> | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#remote = new Remote(worker);
    worker.on('error', error => this.#remote.fail(error));
    worker.on('exit', code => this.#remote.fail(`exit code ${code}`));
  }

  /** Opens `operations.db` in the data directory. Rejects with `worker_failed` where SQLite cannot. */
  static async open(directory: string): Promise<OperationsClient> {
    const workerData: OperationsWorkerData = { directory };
    const worker = new Worker(builtModule(import.meta.url, 'operations-worker', '../..'), { workerData });
    const client = new OperationsClient(worker);
    try {
      await client.#remote.call('start');
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  parts(selection: PartSelection): Promise<readonly KeptPart[]> {
    return this.#remote.call('parts', selection);
  }
  retiredParts(): Promise<readonly PartKey[]> {
    return this.#remote.call('retiredParts');
  }
  applyRegistryChange(change: RegistryChange): Promise<RegistryVersion> {
    return this.#remote.call('applyRegistryChange', change);
  }
  registryVersions(limit: number): Promise<readonly RegistryVersion[]> {
    return this.#remote.call('registryVersions', limit);
  }
  ruleSets(): Promise<readonly KeptRuleSet[]> {
    return this.#remote.call('ruleSets');
  }
  activateRuleSet(activation: RuleSetActivation): Promise<void> {
    return this.#remote.call('activateRuleSet', activation);
  }
  credentials(): Promise<readonly Credential[]> {
    return this.#remote.call('credentials');
  }
  putCredentials(credentials: readonly Credential[]): Promise<void> {
    return this.#remote.call('putCredentials', credentials);
  }
  tokens(): Promise<readonly ApiToken[]> {
    return this.#remote.call('tokens');
  }
  putToken(token: ApiToken): Promise<void> {
    return this.#remote.call('putToken', token);
  }
  users(): Promise<readonly User[]> {
    return this.#remote.call('users');
  }
  putUser(change: UserChange): Promise<void> {
    return this.#remote.call('putUser', change);
  }
  sessions(): Promise<readonly Session[]> {
    return this.#remote.call('sessions');
  }
  putSession(session: Session): Promise<void> {
    return this.#remote.call('putSession', session);
  }
  removeSessions(tokenSha256s: readonly string[]): Promise<void> {
    return this.#remote.call('removeSessions', tokenSha256s);
  }
  refusals(): Promise<readonly RefusalCount[]> {
    return this.#remote.call('refusals');
  }
  addRefusals(counts: readonly RefusalCount[]): Promise<void> {
    return this.#remote.call('addRefusals', counts);
  }
  appendAudit(entry: AuditEntry): Promise<void> {
    return this.#remote.call('appendAudit', entry);
  }
  audit(limit: number): Promise<readonly AuditEntry[]> {
    return this.#remote.call('audit', limit);
  }

  /** Resolves when the file is closed and the thread has ended. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const exited = new Promise<void>(resolve => {
      if (this.#worker.threadId === -1) resolve();
      else this.#worker.once('exit', () => resolve());
    });
    await this.#remote.call('close').catch(() => undefined); // A thread that is gone has nothing to close.
    await exited;
  }
}
