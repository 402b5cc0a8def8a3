import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { RegistryVersion } from '../../domain/ports/registry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
  probe.application.things.clear();
  mkdirSync(join(probe.dataDir, 'site'));
  write('site.yaml', 'name: 区\n');
});
afterEach(() => probe.close());

function write(file: string, text: string): void {
  writeFileSync(join(probe.dataDir, 'site', file), text);
}

const WARNING = { property: 'water_level', datum: 'D', intervalMs: 60_000 };

function station(id: string, warning: number): StationSpec {
  return {
    kind: 'station',
    id: id as ThingId,
    name: '站',
    datastreams: [{ ...WARNING, thresholds: { datum: 'D', warning } }],
  };
}

const VERSION: RegistryVersion = {
  version: 7,
  appliedAt: epochMs(1_790_000_000_000),
  principal: 'control',
  validFrom: epochMs(1_790_000_000_000),
  origin: 'site',
  put: 2,
  retired: 1,
};

/** A registered district that differs from the folder in one part more, one less and one changed. */
function register(): void {
  const { application } = probe;
  application.districtParts = [{ kind: 'district', id: 'district', name: '区' }];
  application.things.set('S-1', station('S-1', 33.2));
  application.things.set('OLD', station('OLD', 1));
  application.registryVersions = [VERSION];
  write(
    'stations.yaml',
    `stations:
  - id: S-1
    name: 站
    datastreams:
      - { property: water_level, datum: D, intervalMs: 60000, thresholds: { datum: D, warning: 33.5 } }
  - { id: NEW, name: 站, datastreams: [{ property: rainfall, intervalMs: 60000 }] }
`,
  );
}

const DIFFERENCE = `+ station NEW
~ station S-1: datastreams.water_level.thresholds.warning 33.2 -> 33.5
- station OLD
1 added, 1 changed, 1 retired.
`;

describe('ww site validate', () => {
  it('counts what is there, or tells every problem', async () => {
    write('stations.yaml', 'gateways: [{ id: G, name: g, stations: [] }]\n');
    expect((await probe.ww('site', 'validate', 'site', '--json')).json()).toMatchObject({
      name: '区',
      demo: false,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      assets: 0,
      stations: 0,
      datastreams: 0,
      gateways: 1,
      subscribers: 0,
    });
    write('site.yaml', 'nme: 区\n');
    const { code, err } = await probe.ww('site', 'validate', 'site');
    expect(code).toBe(1);
    expect(err).toContain('  - site.yaml:1: name is missing\n');
    expect(err).toContain('  - site.yaml:1: nme is not known. Did you mean "name"?\n');
  });
});

describe('ww site diff', () => {
  it('shows what would change, and changes nothing', async () => {
    register();
    await probe.startServer();
    expect((await probe.ww('site', 'diff', 'site')).out).toBe(DIFFERENCE);
    expect((await probe.ww('site', 'diff', 'site', '--json')).json()).toEqual({
      diff: {
        added: [{ kind: 'station', id: 'NEW' }],
        changed: [
          {
            kind: 'station',
            id: 'S-1',
            changes: [{ path: 'datastreams.water_level.thresholds.warning', before: 33.2, after: 33.5 }],
          },
        ],
        retired: [{ kind: 'station', id: 'OLD' }],
      },
    });
    expect(probe.application.asked.administration).toEqual([]);
  });

  it('cuts a long list unless all of it is asked for', async () => {
    await probe.startServer();
    const streets = Array.from({ length: 300 }, (_, index) => `  - { id: s${index}, name: 街 }`);
    write('streets.yaml', `streets:\n${streets.join('\n')}\n`);
    const short = (await probe.ww('site', 'diff', 'site')).out.trimEnd().split('\n');
    expect(short).toHaveLength(202);
    expect(short.slice(-2)).toEqual([
      '… and 101 lines more; --all shows them.',
      '301 added, 0 changed, 0 retired.',
    ]);
    expect((await probe.ww('site', 'diff', 'site', '--all')).out.trimEnd().split('\n')).toHaveLength(302);
  });

  it('works on the files where no server runs', async () => {
    register();
    probe.parts.administerOffline = (_config, work) => work(probe.application);
    const { code, out, err } = await probe.ww('site', 'diff', 'site');
    expect([code, out]).toEqual([0, DIFFERENCE]);
    expect(err).toContain('No server runs');
  });
});

describe('ww site apply', () => {
  it('sends all parts, from when they hold and why', async () => {
    register();
    await probe.startServer();
    const from = ['--valid-from', '2026-06-01T00:00:00+08:00'];
    const { code, out } = await probe.ww('site', 'apply', 'site', ...from, '--note', 'new gauge');
    expect(code).toBe(0);
    expect(out).toBe(`${DIFFERENCE}Version 7 holds from 2026-09-21 22:13:20 (+08:00): 2 put, 1 retired.\n`);
    expect(probe.application.asked.administration).toMatchObject([
      {
        action: 'district.apply',
        detail: {
          validFrom: Date.UTC(2026, 4, 31, 16),
          note: 'new gauge',
          parts: [{ kind: 'district' }, { kind: 'station', id: 'NEW' }, { kind: 'station', id: 'S-1' }],
        },
      },
    ]);
    await probe.ww('site', 'apply', 'site', '--valid-from', '1790000000000');
    expect(probe.application.asked.administration[1]?.detail).toMatchObject({ validFrom: 1_790_000_000_000 });
  });

  it('applies nothing in a dry run, from a time that is none, or with a problem in the folder', async () => {
    register();
    await probe.startServer();
    expect((await probe.ww('site', 'apply', 'site', '--dry-run')).out).toBe(
      `${DIFFERENCE}Nothing was applied.\n`,
    );
    expect((await probe.ww('site', 'apply', 'site', '--valid-from', 'monday')).code).toBe(2);
    expect((await probe.ww('site', 'apply', 'site', '--valid-from', '2026-13-01T00:00Z')).err).toContain(
      '(invalid_request)',
    );
    write('assts.yaml', 'assets: [{}]\n');
    expect((await probe.ww('site', 'apply', 'site')).err).toContain('(site_invalid)');
    expect(probe.application.asked.administration).toEqual([]);
  });
});

describe('ww site versions and rollback', () => {
  it('lists versions, the newest first', async () => {
    await probe.startServer();
    expect((await probe.ww('site', 'versions')).out).toBe('Nothing was registered yet.\n');
    probe.application.registryVersions = [VERSION, { ...VERSION, version: 6, note: 'spring' }];
    expect((await probe.ww('site', 'versions', '--json')).json()).toEqual({
      versions: [VERSION, { ...VERSION, version: 6, note: 'spring' }],
    });
    expect((await probe.ww('site', 'versions')).out).toContain('spring');
    expect((await probe.ww('site', 'versions', '--limit', '1')).out).not.toContain('spring');
  });

  it('applies an earlier version anew', async () => {
    await probe.startServer();
    expect((await probe.ww('site', 'rollback', '6')).out).toBe('The district is as in version 6 already.\n');
    probe.application.registryVersions = [VERSION];
    expect((await probe.ww('site', 'rollback', '6', '--note', 'wrong limits')).out).toMatch(
      /^Version 7 holds/,
    );
    expect(probe.application.asked.administration.at(-1)).toMatchObject({
      action: 'district.rollBack',
      detail: { version: 6, note: 'wrong limits' },
    });
    expect((await probe.ww('site', 'rollback', 'last')).code).toBe(2);
  });
});
