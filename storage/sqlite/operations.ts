import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

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
import { readAudit, writeAudit } from './audit-table.ts';
import { Database } from './database.ts';
import { syncFolder } from './journal-schema.ts';
import { migrateOperations } from './operations-schema.ts';
import { appendChange, readParts, readRetired, readVersions } from './registry-table.ts';
import { appendRuleSet, readRuleSets } from './rule-set-table.ts';
import { deleteSessions, readSessions, writeSession } from './session-table.ts';
import { readUsers, writeUser } from './user-table.ts';

/** File name inside the data directory. */
export const OPERATIONS_FILE = 'operations.db';

interface TokenRow extends Omit<ApiToken, 'scope' | 'revokedAt'> {
  readonly revokedAt: ApiToken['revokedAt'] | null;
}

/**
 * The operations store in one SQLite file. A write is on disk when its promise resolves. Statements run in the
 * calling thread, so a server uses it through `OperationsClient`. Methods reject with what SQLite throws.
 */
export class SqliteOperations implements Operations {
  readonly #db: Database;

  /** Opens the file, creates it where there is none, and brings its schema up to date. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    // It holds the hashes of people's passwords: a new file is for its owner alone, and SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    this.#db = new Database(path, { busyTimeoutMs: 5_000 });
    try {
      this.#db.exec('PRAGMA journal_mode = WAL');
      this.#db.exec('PRAGMA synchronous = FULL');
      migrateOperations(this.#db);
      syncFolder(dirname(path));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  async parts(selection: PartSelection): Promise<readonly KeptPart[]> {
    return await this.#do(db => readParts(db, selection));
  }

  async retiredParts(): Promise<readonly PartKey[]> {
    return await this.#do(db => readRetired(db));
  }

  async applyRegistryChange(change: RegistryChange): Promise<RegistryVersion> {
    return await this.#do(db => db.transaction(() => appendChange(db, change)));
  }

  async registryVersions(limit: number): Promise<readonly RegistryVersion[]> {
    return await this.#do(db => readVersions(db, limit));
  }

  async ruleSets(): Promise<readonly KeptRuleSet[]> {
    return await this.#do(db => readRuleSets(db));
  }

  async activateRuleSet(activation: RuleSetActivation): Promise<void> {
    await this.#do(db => {
      db.transaction(() => {
        appendRuleSet(db, activation);
        const { activatedAt, principal, organisation, version, note } = activation;
        writeAudit(db, {
          at: activatedAt,
          principal,
          organisation,
          action: 'rules.activate',
          subject: `version ${version}`,
          ...(note === undefined ? {} : { detail: note }),
        });
      });
    });
  }

  async credentials(): Promise<readonly Credential[]> {
    return await this.#do(db =>
      db
        .all<Credential>(
          `SELECT id, secret_sha256 AS secretSha256, enrolled_at AS enrolledAt, rotated_at AS rotatedAt,
             revoked_at AS revokedAt FROM credential ORDER BY id`,
        )
        .map(row => withoutNulls(row)),
    );
  }

  async putCredentials(credentials: readonly Credential[]): Promise<void> {
    await this.#do(db => {
      db.transaction(() => {
        for (const { id, secretSha256, enrolledAt, rotatedAt, revokedAt } of credentials) {
          db.run(
            `INSERT OR REPLACE INTO credential (id, secret_sha256, enrolled_at, rotated_at, revoked_at)
             VALUES (?, ?, ?, ?, ?)`,
            [id, secretSha256, enrolledAt, rotatedAt ?? null, revokedAt ?? null],
          );
        }
      });
    });
  }

  async tokens(): Promise<readonly ApiToken[]> {
    return await this.#do(db => {
      const scopes = db.all<{ token: string; subject: string }>(
        'SELECT token, subject FROM token_scope ORDER BY token, ordinal',
      );
      return db
        .all<TokenRow>(
          `SELECT id, token_sha256 AS tokenSha256, role, organisation, created_at AS createdAt,
             revoked_at AS revokedAt FROM token ORDER BY id`,
        )
        .map((row): ApiToken => {
          const scope = scopes.filter(({ token }) => token === row.id).map(({ subject }) => subject);
          return { ...(withoutNulls(row) as Omit<ApiToken, 'scope'>), scope };
        });
    });
  }

  async putToken(token: ApiToken): Promise<void> {
    await this.#do(db => {
      db.transaction(() => {
        const { id, tokenSha256, role, organisation, createdAt, revokedAt, scope } = token;
        db.run('DELETE FROM token WHERE id = ?', [id]);
        db.run(
          `INSERT INTO token (id, token_sha256, role, organisation, created_at, revoked_at)
           VALUES (?, ?, ?, ?, ?, ?)`,
          [id, tokenSha256, role, organisation, createdAt, revokedAt ?? null],
        );
        for (const [ordinal, subject] of scope.entries()) {
          db.run('INSERT INTO token_scope VALUES (?, ?, ?)', [id, ordinal, subject]);
        }
      });
    });
  }

  async users(): Promise<readonly User[]> {
    return await this.#do(db => readUsers(db));
  }

  async putUser({ user, endedSessions }: UserChange): Promise<void> {
    await this.#do(db => {
      db.transaction(() => {
        writeUser(db, user);
        deleteSessions(db, endedSessions);
      });
    });
  }

  async sessions(): Promise<readonly Session[]> {
    return await this.#do(db => readSessions(db));
  }

  async putSession(session: Session): Promise<void> {
    await this.#do(db => writeSession(db, session));
  }

  async removeSessions(tokenSha256s: readonly string[]): Promise<void> {
    await this.#do(db => {
      db.transaction(() => deleteSessions(db, tokenSha256s));
    });
  }

  async refusals(): Promise<readonly RefusalCount[]> {
    return await this.#do(db =>
      db
        .all<RefusalCount>('SELECT principal, reason, count FROM refusal ORDER BY principal, reason')
        .map(row => ({ ...row })),
    );
  }

  async addRefusals(counts: readonly RefusalCount[]): Promise<void> {
    await this.#do(db => {
      db.transaction(() => {
        for (const { principal, reason, count } of counts) {
          db.run(
            `INSERT INTO refusal (principal, reason, count) VALUES (?, ?, ?)
             ON CONFLICT (principal, reason) DO UPDATE SET count = count + excluded.count`,
            [principal, reason, count],
          );
        }
      });
    });
  }

  async appendAudit(entry: AuditEntry): Promise<void> {
    await this.#do(db => writeAudit(db, entry));
  }

  async audit(limit: number): Promise<readonly AuditEntry[]> {
    return await this.#do(db => readAudit(db, limit));
  }

  async close(): Promise<void> {
    await this.#do(db => db.close());
  }

  /** Errors become rejections, as the port says. */
  #do<Result>(work: (db: Database) => Result): Promise<Result> {
    return new Promise(resolve => resolve(work(this.#db)));
  }
}

/** A row as the model has it: what is not there is absent, not null. */
function withoutNulls<Row extends object>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
}
