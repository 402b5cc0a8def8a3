import type { Ledger } from '../../../domain/model/ledger.ts';
import { connectControl } from '../../control/control-client.ts';
import { findServer } from '../administration.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { figure, textTable } from '../text-table.ts';

/** Shows where every message and every reading has gone. */
export const ledger: Command = {
  name: 'ledger',
  summary: 'Show where every message and reading has gone, and whether it adds up.',
  details: ['Exits with 1 when it does not balance, or when the audit finds a difference.'],
  options: {
    station: { value: 'id', description: 'Only this station.' },
    audit: { description: 'Compare the counts with the rows in the store; needs a running server.' },
  },
  run: async call => (call.isSet('audit') ? await audit(call) : ledgerOutcome(await readLedger(call))),
};

async function readLedger(call: Invocation): Promise<Ledger> {
  const config = call.config();
  const station = call.text('station');
  const client = await findServer(config.dataDir);
  if (client !== undefined) return await client.call('ledger', { station });
  call.host.err(`No server runs; reading the files in ${config.dataDir}.\n`);
  return await call.host.parts.ledgerOffline(config, station);
}

async function audit(call: Invocation): Promise<Outcome> {
  const client = await connectControl(call.config().dataDir);
  const { agrees, differences } = await client.call('ledgerAudit', {});
  return {
    data: { agrees, differences },
    lines: agrees
      ? ['The ledger agrees with the rows in the store.']
      : ['The ledger does NOT agree with the rows in the store:', ...differences.map(text => `  - ${text}`)],
    failed: !agrees,
  };
}

/** A ledger as two sums. */
export function ledgerOutcome(ledger: Ledger): Outcome {
  const { messages, readings, refused, balanced } = ledger;
  return {
    data: ledger,
    lines: [
      ...sum('Messages', [
        ['journalled', messages.journalled],
        ['= decoded', messages.decoded],
        ['+ quarantined whole', messages.quarantined],
        ['+ in flight', messages.inFlight],
      ]),
      '',
      ...sum('Readings', [
        ['decoded', readings.decoded],
        ['= stored', readings.stored],
        ['+ duplicate', readings.duplicate],
        ['+ corrected', readings.corrected],
        ['+ quarantined', readings.quarantined],
        ['+ rejected', readings.rejected],
        ['+ in flight', readings.inFlight],
      ]),
      '',
      ...(refused.length === 0
        ? ['Nothing was refused.']
        : textTable(
            ['refused', 'reason', 'count'],
            refused.map(({ principal, reason, count }) => [
              principal === '-' ? '- (strangers)' : principal,
              reason,
              count,
            ]),
          )),
      '',
      balanced ? 'It balances.' : 'It does NOT balance: readings are unaccounted for. See: ww ledger --audit',
    ],
    failed: !balanced,
  };
}

function sum(title: string, parts: readonly (readonly [label: string, count: number])[]): readonly string[] {
  const width = Math.max(...parts.map(([, count]) => figure(count).length));
  return [title, ...parts.map(([label, count]) => `  ${label.padEnd(20)} ${figure(count).padStart(width)}`)];
}
