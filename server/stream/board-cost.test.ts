import { expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { EpisodeRecord } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { episodeOf } from '../../test/harness/fake-alarms.ts';
import { FakeApplication } from '../../test/harness/fake-application.ts';
import { printFigure } from '../../test/harness/print-figure.ts';
import type { AlarmService } from '../alarms/alarm-service.ts';
import { DistrictPicture } from './district-picture.ts';

const STATIONS = 10_000;
const PROPERTIES = ['water_level', 'flow', 'rainfall'];
const STEPS = 20;
const T0 = epochMs(1_790_000_000_000);
const stationAt = (n: number) => `LG-${String(n).padStart(5, '0')}`;

/** A district where a rule judges every level, and a board that the test sets. */
class JudgedDistrict extends FakeApplication {
  readonly records = new Map<string, EpisodeRecord>();
  readonly subjects = new Set<string>();
  seq = 0;

  constructor() {
    super();
    for (let n = 0; n < STATIONS; n += 1) {
      const id = stationAt(n) as ThingId;
      const datastreams = PROPERTIES.map(property => ({ property, intervalMs: 300_000 }));
      this.things.set(id, { kind: 'station', id, name: id, datastreams });
      this.subjects.add(`${id}/water_level`);
    }
    const service: Pick<AlarmService, 'board' | 'judged'> = {
      board: () => this.records,
      judged: () => this.subjects,
    };
    Object.assign(this.alarms, service);
  }

  warn(n: number): void {
    const id = `level.${n}`;
    const episode = episodeOf({ begin: T0, subject: `${stationAt(n)}/water_level` });
    this.seq += 1;
    this.records.set(id, {
      id,
      status: 'open',
      episode,
      firstBegin: T0,
      isOverLive: false,
      firstKnownAt: T0,
      changedAt: T0,
      seq: this.seq,
    });
    this.alarms.revision += 1;
  }
}

it('shows what the board adds to a step of the picture of a large district', async () => {
  const nothing = {
    mark: { latest: 0, tracks: 0 },
    latest: [],
    tracked: new Map(),
    connections: new Map(),
  };
  const costs: string[] = [];
  for (const onBoard of [0, 300, STATIONS]) {
    const district = new JudgedDistrict();
    const picture = new DistrictPicture(district.registry());
    for (let n = 0; n < onBoard; n += 1) district.warn(n);
    const step = async (): Promise<number> => {
      const begin = performance.now();
      await picture.step(nothing, district, T0);
      return performance.now() - begin;
    };
    const first = await step();
    const quiet: number[] = [];
    const moved: number[] = [];
    for (let n = 0; n < STEPS; n += 1) {
      quiet.push(await step());
      district.warn(n);
      moved.push(await step());
    }
    costs.push(
      `${onBoard} warnings: first ${first.toFixed(1)} ms, quiet ${median(quiet)}, one changed ${median(moved)}`,
    );
    expect([...picture.alarms(undefined)]).toHaveLength(Math.max(onBoard, STEPS));
  }
  printFigure(`a step of the picture, ${STATIONS} stations x ${PROPERTIES.length}: ${costs.join('; ')}`);
});

function median(times: readonly number[]): string {
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  return `${(middle * 1_000).toFixed(0)} µs`;
}
