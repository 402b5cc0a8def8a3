import type { StaleSpan } from '../domain/quality/quality-network.ts';
import type { TimeSpan } from '../domain/quality/quality-parameters.ts';
import { epochMs } from '../domain/time/instant.ts';
import { keepStaleSpans } from './kept-state.ts';
import type { KeptStates } from './kept-state.ts';

/** A stretch of a datastream whose flags are to be judged from the store. */
export interface Stretch {
  readonly datastream: number;
  readonly span: TimeSpan;
}

/** Stretches kept apart for a datastream; with more they become one. */
const MOST_SPANS = 8;

/**
 * Stretches in which flags are old, by datastream, the longest waiting first. What is in hand counts as open until it is
 * done, so that what is kept of the book never lacks what a crash would lose.
 */
export class StaleBook {
  readonly #open = new Map<number, readonly TimeSpan[]>();
  readonly #inHand = new Map<number, TimeSpan>();

  /** Datastreams with something to judge or in hand. */
  get size(): number {
    const both = [...this.#inHand.keys()].filter(id => this.#open.has(id)).length;
    return this.#open.size + this.#inHand.size - both;
  }

  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  add({ datastream, from, to }: StaleSpan): void {
    if (to < from) return;
    this.#open.set(datastream, joined([...(this.#open.get(datastream) ?? []), { from, to }]));
  }

  /** Takes the first stretch of so many datastreams in hand, each no longer than `longestMs`. */
  take(count: number, longestMs: number): readonly Stretch[] {
    const works: Stretch[] = [];
    for (const [datastream, [first, ...rest]] of this.#open) {
      if (works.length >= count) break;
      if (first === undefined) continue;
      const to = epochMs(Math.min(first.to, first.from + longestMs));
      const span = { from: first.from, to };
      const left = to < first.to ? [{ from: epochMs(to + 1), to: first.to }, ...rest] : rest;
      this.#open.delete(datastream);
      if (left.length > 0) this.#open.set(datastream, left);
      this.#inHand.set(datastream, span);
      works.push({ datastream, span });
    }
    return works;
  }

  done(datastream: number): void {
    this.#inHand.delete(datastream);
  }

  /** What must be kept of the datastream so that a crash forgets nothing. */
  stateOf(datastream: number): KeptStates {
    const inHand = this.#inHand.get(datastream);
    const open = this.#open.get(datastream) ?? [];
    return keepStaleSpans(datastream, inHand === undefined ? open : joined([inHand, ...open]));
  }
}

function joined(spans: readonly TimeSpan[]): readonly TimeSpan[] {
  const [first, ...rest] = [...spans].sort((a, b) => a.from - b.from);
  if (first === undefined) return [];
  const apart: TimeSpan[] = [];
  let last = first;
  for (const span of rest) {
    if (span.from > last.to + 1) {
      apart.push(last);
      last = span;
    } else if (span.to > last.to) {
      last = { from: last.from, to: span.to };
    }
  }
  apart.push(last);
  return apart.length > MOST_SPANS ? [{ from: first.from, to: last.to }] : apart;
}
