import { QUARANTINE_REASONS } from '../../../domain/model/ledger.ts';
import type { QuarantineReason } from '../../../domain/model/ledger.ts';
import { connectControl } from '../../control/control-client.ts';
import { QUARANTINE_MAX } from '../../http/request-schemas.ts';
import type { QuarantineView } from '../../http/response-schemas.ts';
import type { Command, Invocation } from '../command.ts';
import { LOCAL_TIME_TITLE, labelled, localTime, textTable } from '../text-table.ts';

const FILTER = {
  station: { value: 'id', description: 'Only of this station.' },
  reason: { value: 'reason', description: 'Only for this reason.', choices: Object.keys(QUARANTINE_REASONS) },
};
const DEFAULT_LIMIT = 50;
/** How much of a detail fits beside the other columns. */
const DETAIL_LENGTH = 60;

/** Lists what could not be used. */
export const quarantineList: Command = {
  name: 'quarantine list',
  summary: 'List messages and readings that could not be used, oldest first.',
  options: {
    ...FILTER,
    released: { description: 'Also those that were replayed with success.' },
    limit: {
      value: 'count',
      description: `Most items; default ${DEFAULT_LIMIT}.`,
      range: [1, QUARANTINE_MAX],
    },
  },
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const { items, hasMore } = await client.call('quarantineList', {
      ...filterOf(call),
      released: call.isSet('released'),
      limit: call.number('limit') ?? DEFAULT_LIMIT,
    });
    return {
      data: { items, hasMore },
      lines:
        items.length === 0
          ? ['Nothing lies in quarantine.']
          : [
              ...textTable(
                ['item', LOCAL_TIME_TITLE, 'station', 'reason', 'detail'],
                items.map(row => [
                  placeOf(row),
                  localTime(row.received),
                  row.station,
                  row.released ? `${row.reason} (released)` : row.reason,
                  shorten(row.detail),
                ]),
              ),
              ...(hasMore
                ? ['', 'There are more; narrow it down with --station or --reason, or raise --limit.']
                : []),
            ],
    };
  },
};

/** Shows one item with its bytes. */
export const quarantineShow: Command = {
  name: 'quarantine show',
  summary: 'Show one item of quarantine with its payload.',
  arguments: [
    {
      name: 'item',
      description: 'As the list shows it: 4711, or 4711/3 for one reading of a message.',
      pattern: /^\d{1,15}(\/\d{1,4})?$/,
    },
  ],
  run: async call => {
    const place = parsePlace(call.arguments[0] ?? '');
    const client = await connectControl(call.config().dataDir);
    const row = await client.call('quarantineShow', place);
    return {
      data: row,
      lines: [
        ...labelled([
          ['item', placeOf(row)],
          ['reason', `${row.reason}: ${QUARANTINE_REASONS[row.reason as QuarantineReason]}`],
          ['detail', row.detail],
          ['station', row.station],
          ['sent by', row.principal],
          ['topic', row.topic],
          [`received`, `${localTime(row.received)} (+08:00)`],
          ['released', row.released ? 'yes, it was replayed with success' : 'no'],
          ['bytes', String(row.payloadBytes)],
          ['sha256', row.sha256],
          [`payload`, row.payload === '' ? '(only the hash was kept, or it was empty)' : row.payload],
          ...(row.payloadEncoding === 'base64' ? [['encoding', 'base64'] as const] : []),
        ]),
      ],
    };
  },
};

/** Tries quarantined items again. */
export const quarantineReplay: Command = {
  name: 'quarantine replay',
  summary: 'Try what lies in quarantine again, after its cause was put right.',
  options: FILTER,
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const result = await client.call('quarantineReplay', filterOf(call));
    return {
      data: result,
      lines: labelled([
        ['tried', String(result.tried)],
        ['released', String(result.released)],
        ['still quarantined', String(result.stillQuarantined)],
      ]),
    };
  },
};

function filterOf(call: Invocation): { station?: string; reason?: QuarantineReason } {
  const station = call.text('station');
  // The command line lets no other word through.
  const reason = call.text('reason') as QuarantineReason | undefined;
  return { ...(station === undefined ? {} : { station }), ...(reason === undefined ? {} : { reason }) };
}

/** `4711` for a whole message, `4711/3` for one of its readings. */
function placeOf({ position, item }: Pick<QuarantineView, 'position' | 'item'>): string {
  return item < 0 ? String(position) : `${position}/${item}`;
}

function parsePlace(text: string): { readonly position: number; readonly item: number } {
  const [position = '', item = '-1'] = text.split('/');
  return { position: Number(position), item: Number(item) };
}

function shorten(text: string): string {
  return text.length > DETAIL_LENGTH ? `${text.slice(0, DETAIL_LENGTH)}…` : text;
}
