import { expect, it } from 'vitest';

import type { Clock } from '../domain/ports/clock.ts';
import type { JournalHealth } from '../domain/ports/journal.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import { HealthMonitor } from './health-monitor.ts';
import type { Finding, HealthCheck } from './health-monitor.ts';

/** A clock whose timers fire when the test says so. */
class HandClock implements Clock {
  ms = 1_000;
  #timers: { at: number; run: () => void }[] = [];
  now = () => epochMs(this.ms);
  monotonicMs = () => this.ms;
  after = (span: number, run: () => void) => {
    const timer = { at: this.ms + span, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  };
  async pass(span: number): Promise<void> {
    this.ms += span;
    const due = this.#timers.filter(timer => timer.at <= this.ms);
    this.#timers = this.#timers.filter(timer => timer.at > this.ms);
    for (const timer of due) timer.run();
    await new Promise(resolve => setImmediate(resolve));
  }
}

const OK: JournalHealth = { state: 'ok', since: epochMs(0), pendingBytes: 0, pendingEntries: 0 };

function monitorOf(checks: readonly HealthCheck[], journalHealth = () => OK) {
  const clock = new HandClock();
  return { clock, monitor: new HealthMonitor({ clock, log: SILENT_LOG, journalHealth, checks }) };
}

it('is ready when nothing is found, and keeps when something was first found', async () => {
  let finding: Finding;
  const { clock, monitor } = monitorOf([
    { name: 'store', weight: 'reason', run: () => Promise.resolve(finding) },
  ]);
  await monitor.start();
  expect(monitor.readiness()).toEqual({ ready: true, reasons: [], warnings: [] });
  finding = { code: 'store_unavailable', message: 'disk' };
  await clock.pass(5_000);
  await clock.pass(5_000);
  expect(monitor.readiness().reasons).toEqual([{ ...finding, since: 6_000 }]);
  expect(monitor.readiness().ready).toBe(false);
  finding = undefined;
  await clock.pass(5_000);
  expect(monitor.readiness().ready).toBe(true);
  monitor.stop();
});

it('tells the journal as it is now, between two rounds', async () => {
  let health = OK;
  const { monitor } = monitorOf([], () => health);
  await monitor.start();
  health = { ...OK, state: 'journal_full', since: epochMs(7), lastError: 'no space' };
  expect(monitor.readiness().reasons).toEqual([
    { code: 'journal_full', message: 'no space', since: epochMs(7) },
  ]);
  monitor.stop();
});

it('does not become unready by a warning', async () => {
  const finding = { code: 'disk_low', message: 'little space' };
  const { monitor } = monitorOf([{ name: 'disk', weight: 'warning', run: () => Promise.resolve(finding) }]);
  await monitor.start();
  expect(monitor.readiness()).toEqual({ ready: true, reasons: [], warnings: [finding] });
  monitor.stop();
});

it('takes a check that throws or hangs for a finding', async () => {
  const { clock, monitor } = monitorOf([
    { name: 'throws', weight: 'reason', run: () => Promise.reject(new Error('gone')) },
    { name: 'hangs', weight: 'reason', run: () => new Promise(() => undefined) },
  ]);
  const started = monitor.start();
  await clock.pass(10_000);
  await started;
  expect(monitor.readiness().reasons.map(({ code }) => code)).toEqual(['worker_failed', 'worker_failed']);
  monitor.stop();
});
