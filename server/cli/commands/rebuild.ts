import { AppError } from '../../../domain/errors.ts';
import { findServer } from '../administration.ts';
import type { Command } from '../command.ts';
import { figure } from '../text-table.ts';
import { ledgerOutcome } from './ledger.ts';

/** Makes the telemetry store anew. */
export const rebuild: Command = {
  name: 'rebuild',
  summary: 'Make the telemetry store anew from the arrival log, while no server runs.',
  details: ['The former store is kept beside the new one. Nothing is replaced unless the new one balances.'],
  run: async call => {
    const config = call.config();
    if ((await findServer(config.dataDir)) !== undefined) {
      throw new AppError('already_running', `Stop the server first; it holds ${config.dataDir}.`);
    }
    const { messages, ledger, formerStore } = await call.host.parts.rebuildOffline(config, done =>
      call.host.err(`${figure(done)} messages read\n`),
    );
    const outcome = ledgerOutcome(ledger);
    return {
      ...outcome,
      data: { messages, ledger, formerStore: formerStore ?? null },
      lines: [
        `The store was made anew from ${figure(messages)} messages.`,
        ...(formerStore === undefined
          ? []
          : [`The former one is kept as ${formerStore} in ${config.dataDir}.`]),
        '',
        ...outcome.lines,
      ],
    };
  },
};
