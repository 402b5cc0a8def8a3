import { setTimeout as pause } from 'node:timers/promises';

import { expect, it } from 'vitest';

import type { RegistryPart } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { ControlClient } from '../../server/control/control-client.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const STATIONS = 4_000;
const KILLS = 10;
const RAIN = { property: 'rainfall', intervalMs: 300_000 };

/** A district whose every part bears the number of the apply that made it. */
function district(generation: number): RegistryPart[] {
  const name = `generation ${generation}`;
  return [
    { kind: 'district', id: 'district', name },
    ...Array.from({ length: STATIONS }, (_, n): RegistryPart => ({
      kind: 'station',
      id: `S-${n}` as ThingId,
      name,
      datastreams: [{ property: 'rainfall', intervalMs: 300_000 }],
    })),
    // Another one each time, so that every apply also retires.
    { kind: 'station', id: `ONLY-${generation}` as ThingId, name, datastreams: [RAIN] },
  ];
}

/** The names of all parts and how many there are. */
async function standing(control: ControlClient): Promise<{ names: readonly string[]; count: number }> {
  const { parts } = await control.call('siteParts', {});
  const names = parts.map(({ part }) => ('name' in part ? part.name : part.id));
  return { names: [...new Set(names)], count: parts.length };
}

it('leaves a district whole or not at all where a kill -9 hits its apply', { timeout: 180_000 }, async () => {
  const dataDir = temporary.path;
  let server = await startServer({ dataDir });
  const began = performance.now();
  await server.control.call('siteApply', { parts: district(0) });
  const applyMs = performance.now() - began;
  let last = 0;
  let taken = 0;
  for (let generation = 1; generation <= KILLS; generation += 1) {
    const answer = server.control.call('siteApply', { parts: district(generation) }).then(
      () => true,
      () => false,
    );
    // From its first moment to its last.
    await pause((applyMs * generation) / KILLS);
    await server.kill();
    const isAnswered = await answer;
    server = await startServer({ dataDir });
    const { names, count } = await standing(server.control);
    expect(count).toBe(STATIONS + 2);
    expect([`generation ${last}`, `generation ${generation}`]).toContain(names[0]);
    expect(names).toHaveLength(1);
    if (isAnswered) expect(names).toEqual([`generation ${generation}`]);
    if (names[0] === `generation ${generation}`) {
      last = generation;
      taken += 1;
    }
  }
  // What was left can be changed again.
  await server.control.call('siteApply', { parts: district(KILLS + 1) });
  expect((await standing(server.control)).names).toEqual([`generation ${KILLS + 1}`]);
  printFigure(
    `${KILLS} kills in applies of ${STATIONS} stations (${Math.round(applyMs)} ms): ${taken} stood whole`,
  );
  expect(await server.stop()).toBe(0);
});
