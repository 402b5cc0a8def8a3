import { AppError } from '../../domain/errors.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { Application } from '../application.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { requireScopedStation } from './station-scope.ts';

export async function showLedger({ application, principal, query }: Call<'ledger'>): Promise<Answer> {
  requireScopedStation(principal, query.station);
  const { messages, readings, refused, balanced } = await ledgerOfKnown(application, query.station);
  return jsonAnswer({ messages, readings, refused, balanced });
}

/**
 * The ledger in total, or of one station. A mistyped id would answer zeros, which read as "nothing was lost": it is
 * `not_found`. A station that has left the registry keeps its ledger.
 */
export async function ledgerOfKnown(
  application: Pick<Application, 'ledger' | 'registry'>,
  station: string | undefined,
): Promise<Ledger> {
  const ledger = await application.ledger(station);
  if (
    station !== undefined &&
    !application.registry().things.has(station) &&
    ledger.messages.journalled === 0 &&
    ledger.refused.length === 0
  ) {
    throw new AppError('not_found', `Nothing is known of a station "${station}".`);
  }
  return ledger;
}

export async function auditLedger({ application }: Call<'ledgerAudit'>): Promise<Answer> {
  const { agrees, differences } = await application.auditLedger();
  return jsonAnswer({ agrees, differences });
}
