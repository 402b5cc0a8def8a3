import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { freePorts, startProgram } from '../child-program.ts';
import type { ChildProgram } from '../child-program.ts';
import { until } from '../wait.ts';

/** Debian's mosquitto, without authentication and without anything on disk. */
export interface ReferenceBroker {
  readonly pid: number;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startMosquitto(program: string, folder: string): Promise<ReferenceBroker> {
  const port = await freePorts();
  const file = join(folder, `mosquitto-${port}.conf`);
  const lines = [
    `listener ${port} 127.0.0.1`,
    // Started by root it would become another user, who may not read the folder.
    `user ${userInfo().username}`,
    'allow_anonymous true',
    'persistence false',
    // Its default of 1,000 drops what a slower subscriber has not taken yet.
    'max_queued_messages 0',
    'set_tcp_nodelay true',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = startProgram(program, ['-c', file]);
  await until('mosquitto', async () => isRunning(child), { timeoutMs: 10_000, intervalMs: 50 });
  return { pid: child.pid, port, stop: () => child.stop() };
}

function isRunning(child: ChildProgram): true | undefined {
  if (child.isOver) throw new AppError('internal_error', `mosquitto ended:\n${child.output}`);
  return child.output.includes(' running') ? true : undefined;
}
