import type { StoreResumption, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { StaleSpan } from '../domain/quality/quality-network.ts';
import type { QualityControl } from './quality-control.ts';

/** Datastreams read at a time: the answer of all of them may be a hundred megabytes. */
const AT_ONCE = 2_000;

/** Brings quality control to where the store stands: the readings it holds in memory, and what is still to be judged anew. */
export async function restoreQuality(
  control: QualityControl,
  store: TelemetryStore,
  kept: Pick<StoreResumption, 'latest'> & { readonly stale: readonly StaleSpan[] },
): Promise<void> {
  const spans = control.spansToRestore(kept.latest);
  for (let at = 0; at < spans.length; at += AT_ONCE) {
    control.restore(await store.winners(spans.slice(at, at + AT_ONCE)));
  }
  for (const span of kept.stale) control.stale.add(span);
}
