import type { Clock } from '../domain/ports/clock.ts';
import type { IngestLimits } from './ingest-limits.ts';
import { Requalifier } from './requalifier.ts';
import type { RequalifierOptions } from './requalifier.ts';
import type { StoreWriter } from './store-writer.ts';

export interface LiveRequalifierOptions extends Pick<
  RequalifierOptions,
  'store' | 'control' | 'onRequalified'
> {
  readonly clock: Clock;
  readonly writer: StoreWriter;
  readonly limits: IngestLimits;
  readonly nextTurn: () => Promise<void>;
}

/** A requalifier beside running lanes: it waits for room as the backlog does, and works in slices as short. */
export function createLiveRequalifier(options: LiveRequalifierOptions): Requalifier {
  const { clock, writer, limits, nextTurn, ...rest } = options;
  let sliceStart = 0;
  return new Requalifier({
    ...rest,
    offered: async () => {
      await writer.room(limits.maxOutstandingReadings / 2);
      await writer.offered();
      sliceStart = clock.monotonicMs();
    },
    write: (builder, states) => writer.write(builder, {}, states),
    giveWay: async () => {
      if (clock.monotonicMs() - sliceStart < limits.backlogSliceMs) return;
      await nextTurn();
      sliceStart = clock.monotonicMs();
    },
  });
}
