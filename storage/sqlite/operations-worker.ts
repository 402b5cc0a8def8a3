import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import type { Operations } from '../../domain/ports/operations.ts';
import type { PartSelection, RegistryChange } from '../../domain/ports/registry-store.ts';
import type { RuleSetActivation } from '../../domain/ports/rule-set-store.ts';
import { AppError, messageOf } from '../../domain/errors.ts';
import { serveCalls } from '../thread/remote.ts';
import { OPERATIONS_FILE, SqliteOperations } from './operations.ts';

export interface OperationsWorkerData {
  /** The data directory. */
  readonly directory: string;
}

function serve(main: MessagePort, { directory }: OperationsWorkerData): void {
  let operations: SqliteOperations | undefined;
  const opened = (): Operations => {
    if (operations === undefined) throw new AppError('shutting_down', 'The operations store is not open.');
    return operations;
  };
  serveCalls(main, {
    start: () => {
      const file = join(directory, OPERATIONS_FILE);
      try {
        operations = new SqliteOperations(file);
      } catch (error) {
        // What SQLite says names no file.
        const message = `${file} cannot be opened: ${messageOf(error)}`;
        throw new AppError('worker_failed', message, { cause: error });
      }
    },
    parts: (selection: PartSelection) => opened().parts(selection),
    retiredParts: () => opened().retiredParts(),
    applyRegistryChange: (change: RegistryChange) => opened().applyRegistryChange(change),
    registryVersions: (limit: number) => opened().registryVersions(limit),
    ruleSets: () => opened().ruleSets(),
    activateRuleSet: (activation: RuleSetActivation) => opened().activateRuleSet(activation),
    credentials: () => opened().credentials(),
    putCredentials: (credentials: Parameters<Operations['putCredentials']>[0]) =>
      opened().putCredentials(credentials),
    tokens: () => opened().tokens(),
    putToken: (token: Parameters<Operations['putToken']>[0]) => opened().putToken(token),
    users: () => opened().users(),
    putUser: (change: Parameters<Operations['putUser']>[0]) => opened().putUser(change),
    sessions: () => opened().sessions(),
    putSession: (session: Parameters<Operations['putSession']>[0]) => opened().putSession(session),
    removeSessions: (hashes: Parameters<Operations['removeSessions']>[0]) => opened().removeSessions(hashes),
    refusals: () => opened().refusals(),
    addRefusals: (counts: Parameters<Operations['addRefusals']>[0]) => opened().addRefusals(counts),
    appendAudit: (entry: Parameters<Operations['appendAudit']>[0]) => opened().appendAudit(entry),
    audit: (limit: number) => opened().audit(limit),
    close: async () => {
      const closing = operations;
      operations = undefined;
      await closing?.close();
      // The thread ends by itself after this answer has left.
      setImmediate(() => main.unref());
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as OperationsWorkerData);
