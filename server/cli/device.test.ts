import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckPoint } from '../../sensors-sim/device-check/check-point.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

const point = (id: string, verdict: CheckPoint['verdict']): CheckPoint => ({
  id,
  clause: `What ${id} says.`,
  verdict,
  observed: 'This was seen.',
});

let probe: CliProbe;
let points: readonly CheckPoint[];
let asked: unknown;

beforeEach(() => {
  probe = createCliProbe();
  points = [point('will', 'holds'), point('seq', 'not seen')];
  probe.parts.checkDevice = async options => {
    asked = options;
    options.onListening?.(4_711);
    return { subject: 'device', id: options.id, points };
  };
  probe.parts.checkServer = async options => {
    asked = options;
    return { subject: 'server', id: options.id, points };
  };
});
afterEach(() => probe.close());

const check = (...args: readonly string[]) => probe.ww('device', 'check', ...args);

describe('ww device check', () => {
  it('waits for a device and tells what holds', async () => {
    const { code, out, err } = await check('--listen', '1884', '--id', 'S-1');
    expect(asked).toMatchObject({ id: 'S-1', port: 1_884 });
    expect(asked).not.toHaveProperty('secret');
    expect(asked).not.toHaveProperty('host');
    expect(err).toContain('Waiting for the device on port 4711.');
    expect(out).toContain('device S-1: 1 hold, 0 broken, 1 not seen');
    expect(code).toBe(0);
  });

  it('checks a server as a station', async () => {
    const { code } = await check(
      '--server',
      '[::1]:1883',
      '--id',
      'S-1',
      '--secret',
      'x',
      '--property',
      'ph',
    );
    expect(asked).toMatchObject({ id: 'S-1', host: '::1', port: 1_883, secret: 'x', property: 'ph' });
    expect(code).toBe(0);
  });

  it('fails where a point is broken, and says what the contract says', async () => {
    points = [...points, point('back_off', 'broken')];
    const { code, out } = await check('--listen', '127.0.0.1:0', '--id', 'S-1');
    expect(code).toBe(1);
    expect(out).toContain('back_off: the contract says: What back_off says.');
    const { json, code: jsonCode } = await check('--listen', '127.0.0.1:0', '--id', 'S-1', '--json');
    expect(json()).toMatchObject({ subject: 'device', id: 'S-1', holds: 1, broken: 1, notSeen: 1, points });
    expect(jsonCode).toBe(1);
  });

  it('fails where nothing was seen', async () => {
    points = [point('will', 'not seen')];
    const { code, out } = await check('--listen', '0', '--id', 'S-1');
    expect([code, out.includes('No device was seen.')]).toEqual([1, true]);
  });

  it.each([
    ['both', ['--listen', '1', '--server', 'h:1', '--id', 'S-1', '--secret', 'x'], 'either'],
    ['neither', ['--id', 'S-1'], 'either'],
    ['a server without a secret', ['--server', 'h:1', '--id', 'S-1'], '--secret'],
    ['a port that cannot be', ['--listen', '70000', '--id', 'S-1'], '70000'],
  ])('refuses %s', async (_name, args, message) => {
    const { code, err } = await check(...args);
    expect([code, err.includes(message)]).toEqual([1, true]);
  });

  it('ends early at a signal', async () => {
    probe.parts.checkDevice = async options => {
      probe.signal('SIGINT');
      return {
        subject: 'device',
        id: options.id,
        points: [point('will', options.signal?.aborted === true ? 'holds' : 'broken')],
      };
    };
    expect((await check('--listen', '0', '--id', 'S-1')).code).toBe(0);
  });
});
