import { WARNING_SEVERITIES } from '../../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../../domain/model/warning-severity.ts';
import { connectControl } from '../../control/control-client.ts';
import { WHOLE_DISTRICT } from '../../signals/signal-desk.ts';
import type { Command, Invocation } from '../command.ts';
import { localTime, printable, textTable } from '../text-table.ts';
import { TIME_PATTERN, TIME_WORDS, timeOption } from '../time-option.ts';

const PLACE = {
  zone: { value: 'basin', description: 'Id of a basin; without it the whole district.' },
  at: {
    value: 'time',
    description: `When the authority said so: ${TIME_WORDS} Default: now.`,
    pattern: TIME_PATTERN,
  },
} as const;

/** Tells the rules of an official rainstorm signal. */
export const signalReport: Command = {
  name: 'signal report',
  summary: 'Tell the running server of an official rainstorm signal (暴雨预警信号).',
  details: [
    'Rules with a storm mode judge by it from then on, and late readings by the signal of their own time.',
    'It stands for a day, unless it is repeated or lifted.',
  ],
  options: {
    severity: { value: 'severity', description: 'Its colour.', choices: WARNING_SEVERITIES, required: true },
    ...PLACE,
  },
  // The command line lets no other word through.
  run: call => report(call, call.text('severity') as WarningSeverity),
};

/** Tells the rules that an official rainstorm signal was lifted. */
export const signalLift: Command = {
  name: 'signal lift',
  summary: 'Tell the running server that an official rainstorm signal was lifted.',
  options: PLACE,
  run: call => report(call, null),
};

/** Lists the official rainstorm signals that stand. */
export const signalList: Command = {
  name: 'signal list',
  summary: 'List the official rainstorm signals that stand.',
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const { signals } = await client.call('signals', {});
    const rows = signals.map(({ zone, severity, t }) => [zone, severity, localTime(t)]);
    const lines = rows.length === 0 ? ['No signal stands.'] : textTable(['zone', 'signal', 'since'], rows);
    return { data: { signals }, lines: lines.map(printable) };
  },
};

async function report(call: Invocation, severity: WarningSeverity | null): ReturnType<Command['run']> {
  const client = await connectControl(call.config().dataDir);
  const zone = call.text('zone') ?? WHOLE_DISTRICT;
  const signal = await client.call('reportSignal', { zone, severity, t: timeOption(call, 'at') });
  const where = zone === WHOLE_DISTRICT ? 'the whole district' : zone;
  const line = `${severity ?? 'No signal'} for ${where} since ${localTime(signal.t)} (+08:00).`;
  return { data: signal, lines: [printable(line)] };
}
