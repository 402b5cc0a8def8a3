import { AppError } from '../../../domain/errors.ts';
import { DEVICE_FLAGS, QUALITY } from '../../../domain/model/observation.ts';
import type { QualityFinding } from '../../../domain/quality/quality-finding.ts';
import type { QualityReasons } from '../../../ingest/explain-quality.ts';
import { connectControl } from '../../control/control-client.ts';
import type { Command } from '../command.ts';
import { localTime, printable, textTable } from '../text-table.ts';
import { TIME_PATTERN, TIME_WORDS, timeOption } from '../time-option.ts';

/** Says which tests gave a reading its flag. */
export const qualityExplain: Command = {
  name: 'quality explain',
  summary: 'Say what every quality test makes of a reading; asks the running server.',
  details: ['By the readings and neighbours that are stored now. The worst flag is that of the reading.'],
  arguments: [{ name: 'point', description: 'station/property or station/property.instance.' }],
  options: {
    at: {
      value: 'time',
      description: `The last reading at or before it: ${TIME_WORDS} Default: now.`,
      pattern: TIME_PATTERN,
    },
  },
  run: async call => {
    const point = call.arguments[0] ?? '';
    const [station = '', datastream = ''] = point.split('/', 2);
    if (station === '' || datastream === '') {
      throw new AppError('invalid_request', `"${point}" is no point: say station/property.`);
    }
    const client = await connectControl(call.config().dataDir);
    const reasons = await client.call('whyFlag', { station, datastream, at: timeOption(call, 'at') });
    return { data: reasons, lines: reasonLines(point, reasons).map(printable) };
  },
};

function reasonLines(point: string, { reading, tests }: QualityReasons): readonly string[] {
  const { t, v, quality, deviceFlag } = reading;
  const device = DEVICE_FLAGS[deviceFlag] ?? String(deviceFlag);
  return [
    `${point} at ${localTime(t)} (+08:00): ${v === null ? 'missing' : v}, ${wordOf(quality)}, device flag ${device}`,
    '',
    ...textTable(['test', 'flag', 'by'], tests.map(rowOf)),
  ];
}

function rowOf({ test, flag, detail }: QualityFinding): readonly string[] {
  const by = Object.entries(detail).map(([name, value]) => {
    return `${name} ${typeof value === 'object' ? `${value[0]} to ${value[1]}` : value}`;
  });
  return [test, wordOf(flag), by.join(', ')];
}

const WORDS = new Map<number, string>(Object.entries(QUALITY).map(([word, flag]) => [flag, word]));

function wordOf(flag: number): string {
  return flag === QUALITY.unknown ? 'not evaluated' : (WORDS.get(flag) ?? String(flag));
}
