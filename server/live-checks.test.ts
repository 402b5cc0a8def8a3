import { describe, expect, it } from 'vitest';

import { createFakeApplication } from '../test/harness/fake-application.ts';
import { liveChecks } from './live-checks.ts';
import type { CheckedParts } from './live-checks.ts';

const application = createFakeApplication();
const WELL: CheckedParts = {
  ingestStatus: async () => application.ingest,
  watchStatus: async () => ({ opening: 0, refills: 0 }),
  ledger: () => application.ledger(),
  storeStats: async () => ({ waitingMs: 0 }),
  archiveError: async () => undefined,
  isSpaceLow: async () => false,
  siteWarning: () => undefined,
  rulesWarning: () => undefined,
};

/** What all checks find together, by the names of the checks. */
async function findings(parts: Partial<CheckedParts>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { name, run } of liveChecks({ ...WELL, ...parts })) {
    const finding = await run();
    if (finding !== undefined) found[name] = finding;
  }
  return found;
}

describe('liveChecks', () => {
  it('finds nothing where all is well, nor in a store that is at work', async () => {
    expect(await findings({})).toEqual({});
    expect(await findings({ storeStats: async () => ({ waitingMs: 29_000 }) })).toEqual({});
  });

  it('finds an episode store that refuses', async () => {
    const refused = { opening: 0, refills: 0, refusal: 'The disk is full.' };
    expect(await findings({ watchStatus: async () => refused })).toEqual({
      'episode store': { code: 'episodes_unavailable', message: 'The disk is full.' },
    });
  });

  it('finds a store that fails, and one that hangs without failing', async () => {
    const failed = await findings({
      storeStats: async () => ({ lastError: 'No space left.', waitingMs: 1 }),
    });
    expect(failed).toEqual({ 'telemetry store': { code: 'store_unavailable', message: 'No space left.' } });
    const hung = await findings({ storeStats: async () => ({ waitingMs: 31_500 }) });
    expect(hung).toEqual({
      'telemetry store': {
        code: 'store_unavailable',
        message: 'Readings wait, but none was stored for 31 s.',
      },
    });
  });

  it('finds a suspect clock, an unbalanced ledger, a failed archive, little space and files that are not used', async () => {
    const ledger = await application.ledger();
    const found = await findings({
      ingestStatus: async () => ({ ...application.ingest, clockTrust: 'suspect', held: 3 }),
      ledger: async () => ({ ...ledger, balanced: false }),
      archiveError: async () => 'The archive is read-only.',
      isSpaceLow: async () => true,
      siteWarning: () => ({ code: 'site_differs', message: 'differs' }),
      rulesWarning: () => ({ code: 'rules_differ', message: 'differs' }),
    });
    expect(Object.values(found)).toMatchObject([
      { code: 'clock_suspect' },
      { code: 'ledger_unbalanced' },
      { code: 'archive_failed', message: 'The archive is read-only.' },
      { code: 'disk_low' },
      { code: 'site_differs' },
      { code: 'rules_differ' },
    ]);
  });
});
