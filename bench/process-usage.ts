import { readFileSync } from 'node:fs';

/** /proc counts in ticks of the C library's CLK_TCK, which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** User and system time of all threads of a process so far, milliseconds, in steps of 10. Throws when it is gone. */
export function cpuMs(pid: number): number {
  // The second field is the name of the program, which may contain spaces and brackets.
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process, MiB. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1_024;
}

/** How many files this process and its children may have open. */
export function openFilesLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}
