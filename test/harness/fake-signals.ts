import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { SignalReport, SignalService, StandingSignal } from '../../server/signals/signal-desk.ts';
import type { Principal } from '../../server/principal.ts';

/** Takes every signal and knows by whom. */
export class FakeSignals implements SignalService {
  readonly reported: (SignalReport & { readonly by: string })[] = [];
  readonly #standing = new Map<string, StandingSignal>();

  stand(zone: string, severity: WarningSeverity, t: number): void {
    this.#standing.set(zone, { kind: 'signal', zone, severity, t: epochMs(t) });
  }

  standing(): Promise<readonly StandingSignal[]> {
    return Promise.resolve([...this.#standing.values()]);
  }

  report({ id: by }: Principal, report: SignalReport) {
    this.reported.push({ ...report, by });
    const { zone, severity, t = epochMs(1_790_000_000_000) } = report;
    return Promise.resolve({ kind: 'signal' as const, zone, severity, t });
  }
}
