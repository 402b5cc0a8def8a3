import { resolve } from 'node:path';
import type { ThingSpec } from '../../../domain/model/registry.ts';
import { loadSite } from '../../site/load-site.ts';
import type { Command } from '../command.ts';
import { labelled } from '../text-table.ts';

/** Checks a site folder without using it. */
export const siteValidate: Command = {
  name: 'site validate',
  summary: 'Check a site folder; all problems are told at once.',
  arguments: [{ name: 'dir', description: 'Folder with site.yaml and stations.yaml.' }],
  run: async call => {
    const folder = resolve(call.host.workingFolder, call.arguments[0] ?? '');
    const { name, isDemo, things } = await loadSite(folder);
    const count = (kind: ThingSpec['kind']): number => things.filter(thing => thing.kind === kind).length;
    const datastreams = things.reduce(
      (total, thing) => total + (thing.kind === 'station' ? thing.datastreams.length : 0),
      0,
    );
    const counts = {
      stations: count('station'),
      datastreams,
      gateways: count('gateway'),
      subscribers: count('subscriber'),
    };
    return {
      data: { name, demo: isDemo, ...counts },
      lines: [
        'The site is valid.',
        ...labelled([
          ['name', name],
          ['demo', isDemo ? 'yes' : 'no'],
          ...Object.entries(counts).map(([what, number]) => [what, String(number)] as const),
        ]),
      ],
    };
  },
};
