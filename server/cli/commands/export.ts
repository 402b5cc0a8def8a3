import { resolve } from 'node:path';

import { epochMs } from '../../../domain/time/instant.ts';
import { connectControl } from '../../control/control-client.ts';
import type { Command } from '../command.ts';
import { figure, labelled } from '../text-table.ts';
import { TIME_PATTERN, TIME_WORDS, timeOption } from '../time-option.ts';

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
      pattern: TIME_PATTERN,
    },
    to: { value: 'time', description: 'Before this time; default: no end.', pattern: TIME_PATTERN },
    station: { value: 'id', description: 'Only this station; several with commas between them.' },
    format: { value: 'name', description: 'Default csv.', choices: ['csv', 'parquet'] },
  },
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const stations = call.text('station')?.split(',');
    const summary = await client.call('export', {
      target: resolve(call.host.workingFolder, call.arguments[0] ?? ''),
      format: call.text('format') === 'parquet' ? 'parquet' : 'csv',
      from: timeOption(call, 'from') ?? epochMs(0),
      to: timeOption(call, 'to') ?? epochMs(FAR_MS),
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
