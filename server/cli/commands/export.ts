import { resolve } from 'node:path';

import { AppError } from '../../../domain/errors.ts';
import { epochMs } from '../../../domain/time/instant.ts';
import type { EpochMs } from '../../../domain/time/instant.ts';
import { connectControl } from '../../control/control-client.ts';
import type { Command, Invocation } from '../command.ts';
import { figure, labelled } from '../text-table.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const TIME_WORDS = '2026-07-14, or 2026-07-14T18:30 with Z or +08:00 behind it; without, in +08:00.';

/** Writes observations for other programs. */
export const exportData: Command = {
  name: 'export',
  summary: 'Write observations as CSV or Parquet, with their stations as GeoJSON and a data dictionary.',
  details: ['The running server writes the folder, in its own file system; it must be empty or absent.'],
  arguments: [{ name: 'dir', description: 'The folder to make.' }],
  options: {
    from: {
      value: 'time',
      description: `From this time on: ${TIME_WORDS} Default: the first.`,
      pattern: TIME,
    },
    to: { value: 'time', description: 'Before this time; default: no end.', pattern: TIME },
    station: { value: 'id', description: 'Only this station; several with commas between them.' },
    format: { value: 'name', description: 'Default csv.', choices: ['csv', 'parquet'] },
  },
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const stations = call.text('station')?.split(',');
    const summary = await client.call('export', {
      target: resolve(call.host.workingFolder, call.arguments[0] ?? ''),
      format: call.text('format') === 'parquet' ? 'parquet' : 'csv',
      from: instantOf(call, 'from') ?? epochMs(0),
      to: instantOf(call, 'to') ?? epochMs(FAR_MS),
      ...(stations === undefined ? {} : { stations }),
    });
    return {
      data: summary,
      lines: [
        `Exported to ${summary.folder}`,
        ...labelled([
          ['rows', figure(summary.rows)],
          ['stations', figure(summary.stations)],
          ['size', `${figure(summary.bytes)} bytes`],
          ['time', `${(summary.elapsedMs / 1_000).toFixed(1)} s`],
        ]),
      ],
    };
  },
};

/** The last day of the year 9999. */
const FAR_MS = 253_402_214_400_000;

function instantOf(call: Invocation, option: string): EpochMs | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  const day = text.length === 10 ? `${text}T00:00` : text;
  const ms = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(day) ? day : `${day}+08:00`);
  if (Number.isNaN(ms)) throw new AppError('invalid_request', `--${option} "${text}" is no time.`);
  return epochMs(ms);
}
