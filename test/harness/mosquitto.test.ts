import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { requireServer } from './debian-servers.ts';
import { mosquittoStarter } from './mosquitto.ts';

const program = requireServer('mosquitto');
const publisher = requireServer('mosquitto_pub');
const subscriber = requireServer('mosquitto_sub');
const run = promisify(execFile);

const answers = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => resolve(socket.destroy().destroyed))
      .once('error', () => resolve(false));
  });

describe.skipIf(program === undefined)('mosquittoStarter', () => {
  const start = mosquittoStarter();

  it('starts one that listens at once, and stops it', async () => {
    const mosquitto = await start({ program: program! });
    expect(mosquitto.url).toBe(`mqtt://127.0.0.1:${mosquitto.port}`);
    expect(await answers(mosquitto.port)).toBe(true);
    await mosquitto.stop();
    await mosquitto.stop();
    expect(await answers(mosquitto.port)).toBe(false);
    expect(mosquitto.log()).toContain('terminating');
  });

  it.skipIf(publisher === undefined || subscriber === undefined)('carries a message', async () => {
    const mosquitto = await start({ program: program!, config: ['max_packet_size 1000'] });
    const at = ['-h', '127.0.0.1', '-p', String(mosquitto.port), '-t', 'level', '-q', '1'];
    await run(publisher!, [...at, '-r', '-m', '3.217']);
    const { stdout } = await run(subscriber!, [...at, '-C', '1', '-W', '10']);
    expect(stdout).toBe('3.217\n');
    await mosquitto.stop();
  });

  it('throws with what mosquitto said where its configuration is refused', async () => {
    await expect(start({ program: program!, config: ['no_such_option 1'] })).rejects.toThrow(
      /did not start:[^]*no_such_option/,
    );
  });

  it('kills what a test leaves running, and fails the test', async () => {
    let afterTest: () => Promise<void> = () => Promise.resolve();
    const startHere = mosquittoStarter(check => {
      afterTest = check;
    });
    await afterTest();
    const { port } = await startHere({ program: program! });
    await expect(afterTest()).rejects.toThrow(`left running on port ${port}.`);
    expect(await answers(port)).toBe(false);
    await afterTest();
  });

  it('reports a program that cannot be started', async () => {
    await expect(start({ program: '/nowhere/mosquitto' })).rejects.toThrow('ENOENT');
  });
});
