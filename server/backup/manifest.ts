import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { AppError, messageOf } from '../../domain/errors.ts';
import { ledgerSchema } from '../ledger-schema.ts';
import { schemaProblems } from '../schema-problems.ts';
import { writeDurably } from './durable-files.ts';

/** What makes a folder a backup: it is written last. */
export const MANIFEST_FILE = 'backup.json';

const VERSION = 1;

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const cursors = z.strictObject({ live: count, backlog: count });

/** Names that stay below the folder they are joined to. */
const insidePath = z.string().regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[^/\0]+(\/[^/\0]+)*$/, {
  error: 'is no path inside the backup',
});

const manifestSchema = z.strictObject({
  format: z.literal('waterwarden-backup'),
  version: z.literal(VERSION),
  /** Version of the program that made it. */
  program: z.string(),
  /** When the journal was copied, epoch milliseconds. */
  madeAt: count,
  /** Messages journalled at that instant: everything up to this position is in the backup. */
  position: count,
  /** Where the copied store stands in the journal; what lies between is in flight and stored at the next start. */
  cursors,
  ledger: ledgerSchema,
  /** Rows of observations in the copied store, counted from its tables. */
  rows: count,
  /** Where ledger and tables of the copied store do not agree; empty in a sound one. */
  differences: z.array(z.string()),
  files: z.array(z.strictObject({ path: insidePath, bytes: count, sha256 })),
});

/** What a backup holds, counted and hashed in the copies themselves. */
export type BackupManifest = z.output<typeof manifestSchema>;

/** Fields that the writer does not choose. */
export type ManifestContent = Omit<BackupManifest, 'format' | 'version'>;

/** Writes the manifest, with a hash of itself, onto stable storage. */
export async function writeManifest(folder: string, content: ManifestContent): Promise<BackupManifest> {
  const manifest: BackupManifest = { format: 'waterwarden-backup', version: VERSION, ...content };
  const text = JSON.stringify({ ...manifest, sha256: hashOf(manifest) }, undefined, 2);
  await writeDurably(join(folder, MANIFEST_FILE), `${text}\n`);
  return manifest;
}

/** Rejects with `backup_invalid` where there is none, or it was changed, and `unsupported` for another version. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AppError('backup_invalid', `${folder} holds no backup: ${messageOf(error)}`, { cause: error });
  });
  const { sha256: written, ...raw } = parse(text, path);
  if (written !== hashOf(raw)) {
    throw new AppError('backup_invalid', `${path} is not as it was written.`);
  }
  // A later version may hold anything else, but hashes itself in the same way.
  const version = raw['version'];
  if (raw['format'] === 'waterwarden-backup' && typeof version === 'number' && version > VERSION) {
    throw new AppError('unsupported', `${path} has version ${version}, this program reads ${VERSION}.`);
  }
  const result = manifestSchema.safeParse(raw);
  if (result.success) return result.data;
  throw new AppError('backup_invalid', `${path} is no manifest of this program.`, {
    problems: schemaProblems(result.error, manifestSchema).map(
      problem => `${problem.path} ${problem.message}`,
    ),
  });
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(text);
    if (typeof raw === 'object' && raw !== null) return raw as Record<string, unknown>;
  } catch {
    // Told below: what is no object is no manifest either.
  }
  throw new AppError('backup_invalid', `${path} is not as it was written: it is no JSON object.`);
}

/** Parsing keeps the order of keys, so the text of what was parsed is the text that was hashed. */
function hashOf(manifest: unknown): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}
