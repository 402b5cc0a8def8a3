import { AppError } from '../../domain/errors.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { requireScopedStation } from './station-scope.ts';

export async function showLedger({ application, principal, query }: Call<'ledger'>): Promise<Answer> {
  requireScopedStation(principal, query.station);
  const ledger = await application.ledger(query.station);
  // A mistyped id would answer zeros, which read as "nothing was lost". A station that has left the registry keeps
  // its ledger.
  if (
    query.station !== undefined &&
    !application.registry().things.has(query.station) &&
    ledger.messages.journalled === 0 &&
    ledger.refused.length === 0
  ) {
    throw new AppError('not_found', `Nothing is known of a station "${query.station}".`);
  }
  const { messages, readings, refused, balanced } = ledger;
  return jsonAnswer({ messages, readings, refused, balanced });
}

export async function auditLedger({ application }: Call<'ledgerAudit'>): Promise<Answer> {
  const { agrees, differences } = await application.auditLedger();
  return jsonAnswer({ agrees, differences });
}
