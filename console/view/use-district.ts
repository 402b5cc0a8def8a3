import { useEffect, useRef, useState } from 'preact/hooks';

import { districtOf, withDelta } from '../district/live-district.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { StreamLink } from '../stream/stream-link.ts';

/** Heartbeats come each 15 s; what is silent for longer may be dead, and a person must know. */
const STALE_AFTER_MS = 20_000;
const TICK_MS = 1_000;

/** How far the page can be trusted. `silentMs`: for how long nothing came. */
export type LinkView =
  | { readonly kind: 'connecting' | 'live' | 'forbidden' }
  | { readonly kind: 'stale' | 'broken'; readonly silentMs: number };

export interface DistrictView {
  readonly district: LiveDistrict | undefined;
  readonly link: LinkView;
  /** The server's clock, epoch ms: it goes on also while the stream is broken. */
  readonly now: number;
}

interface Told {
  readonly district: LiveDistrict | undefined;
  /** When it was told, on the monotonic clock of the browser, ms. */
  readonly toldAt: number;
  readonly problem: 'broken' | 'forbidden' | undefined;
}

/** Follows the event stream; draws anew with each event and each second. */
export function useDistrict(onSignedOut: () => void): DistrictView {
  const [told, setTold] = useState<Told>({ district: undefined, toldAt: 0, problem: undefined });
  const lastSign = useRef(performance.now());
  useEffect(() => {
    const link = new StreamLink(
      {
        fetch: (input, init) => fetch(input, init),
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
        random: Math.random,
      },
      {
        onState: state =>
          setTold({ district: districtOf(state), toldAt: performance.now(), problem: undefined }),
        onDelta: delta =>
          setTold(({ district }) => ({
            district: district === undefined ? undefined : withDelta(district, delta),
            toldAt: performance.now(),
            problem: undefined,
          })),
        onSign: () => (lastSign.current = performance.now()),
        onBroken: () => setTold(before => ({ ...before, problem: 'broken' })),
        onForbidden: () => setTold(before => ({ ...before, problem: 'forbidden' })),
        onSignedOut,
      },
    );
    link.open();
    return () => link.close();
  }, [onSignedOut]);
  const monotonic = useSeconds();
  const silentMs = monotonic - lastSign.current;
  const { district } = told;
  return {
    district,
    link: linkView(told, silentMs),
    now: district === undefined ? 0 : district.now + (monotonic - told.toldAt),
  };
}

function linkView({ district, problem }: Told, silentMs: number): LinkView {
  if (problem === 'forbidden') return { kind: problem };
  if (problem === 'broken') return { kind: problem, silentMs };
  if (district === undefined) return { kind: 'connecting' };
  return silentMs > STALE_AFTER_MS ? { kind: 'stale', silentMs } : { kind: 'live' };
}

/** The monotonic clock of the browser, ms; draws anew each second. */
function useSeconds(): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick(tick => tick + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return performance.now();
}
