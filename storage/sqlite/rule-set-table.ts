import { AppError } from '../../domain/errors.ts';
import type { KeptRuleSet, RuleSetActivation } from '../../domain/ports/rule-set-store.ts';
import type { Database } from './database.ts';

interface RuleSetRow extends Omit<KeptRuleSet, 'note'> {
  readonly note: string | null;
}

/** Oldest first. */
export function readRuleSets(db: Database): readonly KeptRuleSet[] {
  return db
    .all<RuleSetRow>(
      `SELECT version, active_from AS activeFrom, activated_at AS activatedAt, principal, note, text
       FROM rule_set ORDER BY version`,
    )
    .map(({ note, ...row }) => ({ ...row, ...(note === null ? {} : { note }) }));
}

/** Belongs in a transaction. Throws `conflict` as the port says. */
export function appendRuleSet(db: Database, activation: RuleSetActivation): void {
  const { version, activeFrom, activatedAt, principal, note, text } = activation;
  const newest = db.get<{ version: number | null; activeFrom: number | null }>(
    'SELECT max(version) AS version, max(active_from) AS activeFrom FROM rule_set',
  );
  if ((newest?.version ?? 0) >= version) {
    throw new AppError(
      'conflict',
      `Rule set ${newest?.version} is kept already; version ${version} is not above it.`,
    );
  }
  if ((newest?.activeFrom ?? activeFrom) > activeFrom) {
    throw new AppError('conflict', `Rule set ${newest?.version} is in force from a later time.`);
  }
  db.run(
    `INSERT INTO rule_set (version, active_from, activated_at, principal, note, text) VALUES (?, ?, ?, ?, ?, ?)`,
    [version, activeFrom, activatedAt, principal, note ?? null, text],
  );
}
