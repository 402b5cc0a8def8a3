import { AppError } from '../../domain/errors.ts';
import type { District } from '../../domain/model/district.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { MINUTE_MS } from '../../domain/time/instant.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { PlayAccount } from './play-account.ts';
import { DistrictPlay } from './play-district.ts';
import type { PlayOptions } from './play-district.ts';
import { stageScenario } from './stage-scenario.ts';

export interface PlayScenarioOptions extends Pick<PlayOptions, 'connect' | 'speed' | 'onProgress'> {
  readonly scenario: Scenario;
  readonly stations: readonly StationSpec[];
  readonly district: District;
  /** Goes on in real time once the past is caught up, until the signal; else the play ends there. */
  readonly follow: boolean;
  readonly clock: Clock;
  /** Ends the play early. */
  readonly signal?: AbortSignal;
}

/**
 * Plays a scenario from its start to its end, or to the present if that comes first. Rejects with `invalid_request`
 * where nothing could be played, and with `scenario_invalid` where it does not fit the stations.
 */
export async function playScenario(options: PlayScenarioOptions): Promise<PlayAccount> {
  const { scenario, stations, district, connect, speed, follow, clock, signal, onProgress } = options;
  const now = clock.now();
  if (stations.length === 0) throw new AppError('invalid_request', 'No station is simulated.');
  const { span, steps } = stageScenario(scenario, { stations, district, now });
  // A start is cut to its minute, so `now` lies up to a minute back.
  if (span.from > now - MINUTE_MS && !follow) {
    throw new AppError(
      'invalid_request',
      'The scenario begins now or later: only a play that follows can play it.',
    );
  }
  const play = new DistrictPlay({
    stations,
    steps,
    connect,
    speed,
    ...(follow ? { atPresent: 'follow' } : { atPresent: 'end', until: span.to }),
    clock,
    seed: scenario.seed,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const stop = (): void => play.stop();
  signal?.addEventListener('abort', stop);
  try {
    if (signal?.aborted === true) stop();
    return await play.run();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
