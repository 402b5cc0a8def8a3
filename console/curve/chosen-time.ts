/** An instant on a curve that somebody asks about, epoch ms; `now` moves on with the clock. */
export type ChosenTime = number | 'now';

interface TimeAxis {
  /** The rows of the curve, oldest first. */
  readonly times: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** A page is this part of the axis. */
const PAGE = 1 / 10;

/** Where a key leads from a chosen time; `undefined` where the key is none of the axis. */
export function moveTime(axis: TimeAxis, chosen: ChosenTime, key: string): ChosenTime | undefined {
  const { times, from, to } = axis;
  const at = chosen === 'now' ? Infinity : chosen;
  const page = (to - from) * PAGE;
  switch (key) {
    case 'ArrowLeft':
      return times.findLast(t => t < at) ?? chosen;
    case 'ArrowRight':
      return times.find(t => t > at) ?? 'now';
    case 'PageUp':
      return Math.round(Math.max(from, Math.min(at, to) - page));
    case 'PageDown':
      return at + page >= to ? 'now' : Math.round(at + page);
    case 'Home':
      return times[0] ?? chosen;
    case 'End':
      return 'now';
    default:
      return undefined;
  }
}
