import { AppError } from '../../domain/errors.ts';
import type { PartKey, PartKind, RegistryPart } from '../../domain/model/district.ts';
import type {
  KeptPart,
  PartOrigin,
  PartSelection,
  PutPart,
  RegistryChange,
  RegistryVersion,
} from '../../domain/ports/registry-store.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Database } from './database.ts';

interface PartRow {
  readonly body: string;
  readonly origin: PartOrigin;
  readonly version: number;
  readonly validFrom: EpochMs;
}

interface VersionRow extends Omit<RegistryVersion, 'note'> {
  readonly note: string | null;
}

/** The row of each part with the highest version among those selected; parts retired by then are left out. */
export function readParts(db: Database, selection: PartSelection): readonly KeptPart[] {
  const [condition, bound] = conditionOf(selection);
  return db
    .all<PartRow>(
      `SELECT body, origin, version, valid_from AS validFrom FROM registry_part AS part
       WHERE body IS NOT NULL AND version = (
         SELECT max(version) FROM registry_part AS other
         WHERE other.space = part.space AND other.id = part.id AND ${condition}
       )
       ORDER BY kind, id`,
      bound,
    )
    .map(({ body, origin, version, validFrom }) => ({
      part: JSON.parse(body) as RegistryPart,
      origin,
      version,
      validFrom,
    }));
}

/** The parts whose newest row retires them. */
export function readRetired(db: Database): readonly PartKey[] {
  return db
    .all<PartKey>(
      `SELECT kind, id FROM registry_part AS part
       WHERE body IS NULL AND version = (
         SELECT max(version) FROM registry_part AS other WHERE other.space = part.space AND other.id = part.id
       )
       ORDER BY kind, id`,
    )
    .map(({ kind, id }) => ({ kind, id }));
}

function conditionOf(selection: PartSelection): readonly [condition: string, bound: readonly number[]] {
  if ('version' in selection) return ['other.version <= ?', [selection.version]];
  // A later version of a part never holds from an earlier time, so the highest version is also the latest by time.
  if ('validAt' in selection) return ['other.valid_from <= ?', [selection.validAt]];
  return ['true', []];
}

/** Parts named in one error message. */
const NAMED = 5;

/** Writes a change as the next version; belongs in a transaction. Throws `conflict` as the port says. */
export function appendChange(db: Database, change: RegistryChange): RegistryVersion {
  const { appliedAt, principal, validFrom, origin, note, put, retire } = change;
  refuseEarlier(db, change);
  const last = db.get<{ version: number | null }>('SELECT max(version) AS version FROM registry_version');
  const version = (last?.version ?? 0) + 1;
  db.run(
    `INSERT INTO registry_version (version, applied_at, principal, valid_from, origin, note, put, retired)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [version, appliedAt, principal, validFrom, origin, note ?? null, put.length, retire.length],
  );
  const insert = (
    key: PartKey,
    row: Pick<PutPart, 'origin' | 'validFrom'> & { readonly body: string | null },
  ): void => {
    db.run(
      `INSERT INTO registry_part (space, id, version, kind, valid_from, origin, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [spaceOf(key.kind), key.id, version, key.kind, row.validFrom, row.origin, row.body],
    );
  };
  for (const key of retire) insert(key, { validFrom, origin, body: null });
  for (const { part, ...row } of put) insert(part, { ...row, body: JSON.stringify(part) });
  return {
    version,
    appliedAt,
    principal,
    validFrom,
    origin,
    ...(note === undefined ? {} : { note }),
    put: put.length,
    retired: retire.length,
  };
}

/**
 * The history of a part, its retirements included, goes forward only: else the newest version would not be the one in
 * force, and what held at a time could not be read from one row.
 */
function refuseEarlier(db: Database, { put, retire, validFrom }: RegistryChange): void {
  const changes = [
    ...put.map(({ part, validFrom: from }) => ({ ...keyOf(part), from })),
    ...retire.map(key => ({ ...key, from: validFrom })),
  ];
  const early = changes.filter(({ kind, id, from }) => {
    const known = db.get<{ from: number | null }>(
      'SELECT max(valid_from) AS "from" FROM registry_part WHERE space = ? AND id = ?',
      [spaceOf(kind), id],
    );
    return (known?.from ?? from) > from;
  });
  if (early.length === 0) return;
  const named = early.slice(0, NAMED).map(({ kind, id }) => `${kind} ${id}`);
  const more = early.length > NAMED ? ` and ${early.length - NAMED} more` : '';
  throw new AppError(
    'conflict',
    `The history of these goes on from a later time: ${named.join(', ')}${more}.`,
  );
}

function keyOf({ kind, id }: PartKey): PartKey {
  return { kind, id };
}

export function readVersions(db: Database, limit: number): readonly RegistryVersion[] {
  return db
    .all<VersionRow>(
      `SELECT version, applied_at AS appliedAt, principal, valid_from AS validFrom, origin, note, put, retired
       FROM registry_version ORDER BY version DESC LIMIT ?`,
      [limit],
    )
    .map(({ note, ...row }) => ({ ...row, ...(note === null ? {} : { note }) }));
}

/** Things share one namespace, so that one may take the place of another of a different kind. */
function spaceOf(kind: PartKind): string {
  return kind === 'station' || kind === 'gateway' || kind === 'subscriber' ? 'thing' : kind;
}
