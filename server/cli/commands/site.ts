import { resolve } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import type { RegistryPart } from '../../../domain/model/district.ts';
import type { RegistryVersion } from '../../../domain/ports/registry-store.ts';
import { epochMs } from '../../../domain/time/instant.ts';
import type { EpochMs } from '../../../domain/time/instant.ts';
import { diffParts, isEmpty } from '../../site/diff-parts.ts';
import type { SiteDiff } from '../../site/diff-parts.ts';
import { loadSite } from '../../site/load-site.ts';
import type { Site } from '../../site/load-site.ts';
import type { Command, Invocation, OptionSpec } from '../command.ts';
import { diffLines } from '../diff-lines.ts';
import { keepDistrict } from '../district-keeper.ts';
import type { DistrictKeeper } from '../district-keeper.ts';
import { LOCAL_TIME_TITLE, figure, labelled, localTime, textTable } from '../text-table.ts';

const FOLDER = [{ name: 'dir', description: 'Folder with site.yaml and the lists of the district.' }];
const ALL: OptionSpec = { description: 'Show every line of a long difference.' };
const NOTE: OptionSpec = { value: 'text', description: 'Why, for those who read the versions later.' };

/** Lines of a difference, and versions, that are shown where nobody asks for more. */
const DIFF_LINES_MAX = 200;
const VERSIONS_SHOWN = 20;
const VERSIONS_MAX = 1_000;

/** Checks a site folder without using it. */
export const siteValidate: Command = {
  name: 'site validate',
  summary: 'Check a site folder; all problems are told at once.',
  details: ['Opens no connection. The format stands in docs/how-to/describe-a-district.md.'],
  arguments: FOLDER,
  run: async call => {
    const site = await loadFolder(call);
    const counts = countsOf(site);
    return {
      data: { name: site.name, demo: site.isDemo, digest: site.digest, ...counts },
      lines: [
        'The site is valid.',
        ...labelled([
          ['name', site.name],
          ['demo', site.isDemo ? 'yes' : 'no'],
          ...Object.entries(counts).map(([what, count]) => [what, figure(count)] as const),
        ]),
      ],
    };
  },
};

/** Shows what an apply would change. */
export const siteDiff: Command = {
  name: 'site diff',
  summary: 'Show what applying a site folder would change.',
  arguments: FOLDER,
  options: { all: ALL },
  run: async call => {
    const { parts } = await loadFolder(call);
    const diff = await keepDistrict(call, keeper => differenceTo(parts, keeper));
    return { data: { diff }, lines: diffLines(diff, linesMax(call)) };
  },
};

/** Makes the registered district what the folder says. */
export const siteApply: Command = {
  name: 'site apply',
  summary: 'Make the registered district what a site folder says, whole or not at all.',
  details: ['What the folder does not have any more is retired; its readings stay.'],
  arguments: FOLDER,
  options: {
    'valid-from': {
      value: 'time',
      description: 'Event time from which it holds, 2026-06-01T00:00:00+08:00 or epoch ms; at first now.',
      pattern: /^(\d{1,15}|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))$/,
    },
    note: NOTE,
    'dry-run': { description: 'Only show the difference.' },
    all: ALL,
  },
  run: async call => {
    const { parts } = await loadFolder(call);
    const validFrom = instantOf(call.text('valid-from'));
    const { diff, version } = await keepDistrict(call, async keeper => ({
      diff: await differenceTo(parts, keeper),
      version: call.isSet('dry-run')
        ? undefined
        : await keeper.apply({ parts, ...(validFrom === undefined ? {} : { validFrom }), ...noteOf(call) }),
    }));
    return {
      data: { version: version ?? null, diff },
      lines: [
        ...diffLines(diff, linesMax(call)),
        ...(isEmpty(diff) ? [] : [version === undefined ? 'Nothing was applied.' : appliedText(version)]),
      ],
    };
  },
};

/** Shows what was applied, by whom and when. */
export const siteVersions: Command = {
  name: 'site versions',
  summary: 'List the versions of the registry, the newest first.',
  options: {
    limit: {
      value: 'n',
      description: `At most so many; at first ${VERSIONS_SHOWN}.`,
      range: [1, VERSIONS_MAX],
    },
  },
  run: async call => {
    const limit = call.number('limit') ?? VERSIONS_SHOWN;
    const versions = await keepDistrict(call, keeper => keeper.versions(limit));
    return {
      data: { versions },
      lines:
        versions.length === 0
          ? ['Nothing was registered yet.']
          : textTable(
              ['version', LOCAL_TIME_TITLE, 'by', 'from', 'put', 'retired', 'valid from', 'note'],
              versions.map(version => [
                version.version,
                localTime(version.appliedAt),
                version.principal,
                version.origin,
                version.put,
                version.retired,
                localTime(version.validFrom),
                version.note ?? '',
              ]),
            ),
    };
  },
};

/** Applies the district of an earlier version anew. */
export const siteRollback: Command = {
  name: 'site rollback',
  summary: 'Apply the district of an earlier version anew, as a new version.',
  details: ['`site versions` lists them. Things that were registered singly stay as they are.'],
  arguments: [
    {
      name: 'version',
      description: 'Number of a version, as `site versions` shows it.',
      pattern: /^[1-9]\d{0,14}$/,
    },
  ],
  options: { note: NOTE },
  run: async call => {
    const to = { version: Number(call.arguments[0]), ...noteOf(call) };
    const version = await keepDistrict(call, keeper => keeper.rollBack(to));
    return {
      data: { version: version ?? null },
      lines: [
        version === undefined ? `The district is as in version ${to.version} already.` : appliedText(version),
      ],
    };
  },
};

async function loadFolder(call: Invocation): Promise<Site> {
  return await loadSite(resolve(call.host.workingFolder, call.arguments[0] ?? ''));
}

/** Things that were registered singly are no part of a site: an apply leaves them alone. */
async function differenceTo(next: readonly RegistryPart[], keeper: DistrictKeeper): Promise<SiteDiff> {
  const kept = await keeper.parts();
  return diffParts(
    kept.filter(({ origin }) => origin === 'site').map(({ part }) => part),
    next,
  );
}

function linesMax(call: Invocation): number {
  return call.isSet('all') ? Number.POSITIVE_INFINITY : DIFF_LINES_MAX;
}

function noteOf(call: Invocation): { readonly note?: string } {
  const note = call.text('note');
  return note === undefined ? {} : { note };
}

function instantOf(text: string | undefined): EpochMs | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(ms)) return epochMs(ms);
  throw new AppError('invalid_request', `--valid-from ${text} is no time of the calendar.`);
}

function appliedText({ version, validFrom, put, retired }: RegistryVersion): string {
  return `Version ${version} holds from ${localTime(validFrom)} (+08:00): ${figure(put)} put, ${figure(retired)} retired.`;
}

/** How many of each kind, in the words of the site folder. */
function countsOf({ parts }: Site): Readonly<Record<string, number>> {
  const count = (kind: RegistryPart['kind']): number => parts.filter(part => part.kind === kind).length;
  return {
    organisations: count('organisation'),
    persons: count('person'),
    streets: count('street'),
    communities: count('community'),
    basins: count('basin'),
    reaches: count('reach'),
    assets: count('asset'),
    flow: count('flow'),
    stations: count('station'),
    datastreams: parts.reduce(
      (total, part) => total + (part.kind === 'station' ? part.datastreams.length : 0),
      0,
    ),
    gateways: count('gateway'),
    subscribers: count('subscriber'),
  };
}
