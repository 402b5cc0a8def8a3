import type { QualityFlag } from '../model/observation.ts';
import { epochMs } from '../time/instant.ts';
import type { EpochMs } from '../time/instant.ts';
import { linkedGroups } from './linked-groups.ts';
import { companionReachMs } from './quality-parameters.ts';
import type { QualityParameters, TimeSpan } from './quality-parameters.ts';
import type { QualityFinding } from './quality-finding.ts';
import { createEventFront, QualitySeries } from './quality-series.ts';
import type { EventFront, JudgedPoint, QualityChange, SeriesLimits } from './quality-series.ts';
import type { SeriesPoint, SeriesWindow } from './series-window.ts';

/** A datastream with those it is compared with, by id. */
export interface NetworkMember {
  readonly datastream: number;
  readonly parameters: QualityParameters;
  /** The same property at stations that see the same water or rain. */
  readonly neighbours?: readonly number[];
  /** Gauges nearby that give rainfall of periods. */
  readonly rain?: readonly number[];
}

/** Flags that changed, and whose. */
export interface NetworkChanges {
  readonly datastream: number;
  readonly changes: readonly QualityChange[];
}

/** A stretch of a datastream before the edge in which flags can be old: they are to be made from the store. */
export interface StaleSpan extends TimeSpan {
  readonly datastream: number;
}

export interface NetworkOutcome {
  /** The offered datastream first, then those that compare themselves with it; none without a change. */
  readonly changed: readonly NetworkChanges[];
  readonly stale: readonly StaleSpan[];
}

interface Links {
  readonly companions: { readonly neighbours: SeriesWindow[]; readonly rain: SeriesWindow[] };
  front: EventFront;
  retainMs: number;
}

interface Node {
  readonly member: NetworkMember;
  readonly series: QualitySeries;
  readonly links: Links;
  /** Those that look at this one. */
  readonly watchers: Watcher[];
}

interface Watcher {
  readonly node: Node;
  /** What this one is to it. */
  readonly as: 'neighbours' | 'rain';
}

const UNTOUCHED: NetworkOutcome = { changed: [], stale: [] };

/**
 * The flags of datastreams that are compared with each other: a reading of one is a reason to judge its neighbours
 * anew. Linked datastreams share one horizon, the newest reading among them, so that none misses what another forgot.
 */
export class QualityNetwork {
  readonly #limits: SeriesLimits;
  #nodes = new Map<number, Node>();

  /** Throws `site_invalid` where a link names a datastream that is not among the members. */
  constructor(members: readonly NetworkMember[], limits: SeriesLimits) {
    this.#limits = limits;
    this.setMembers(members);
  }

  /**
   * Replaces the members. A datastream that was one keeps its readings, and its flags where its parameters are as
   * before; where they are not, a reading is judged by the new ones when something around it changes. A link judges by what
   * is in memory when it comes. Throws as the constructor does, and then nothing has changed.
   */
  setMembers(members: readonly NetworkMember[]): void {
    const groups = linkedGroups(members);
    const nodes = new Map<number, Node>();
    for (const node of this.#nodes.values()) node.series.holdEdge();
    for (const inGroup of groups) {
      const front = createEventFront();
      const retainMs = Math.max(...inGroup.map(({ parameters }) => companionReachMs(parameters)));
      for (const member of inGroup) {
        const node = this.#nodeOf(member, front, retainMs);
        if (node.series.newest > front.newest) front.newest = node.series.newest;
        nodes.set(member.datastream, node);
      }
    }
    for (const node of nodes.values()) {
      const { neighbours = [], rain = [] } = node.member;
      for (const id of new Set(neighbours)) link(nodes, { node, id, as: 'neighbours' });
      for (const id of new Set(rain)) link(nodes, { node, id, as: 'rain' });
    }
    this.#nodes = nodes;
  }

  /** Takes accepted readings of one datastream, in any order. Those of a datastream it does not know are not judged. */
  offer(datastream: number, points: readonly SeriesPoint[]): NetworkOutcome {
    const node = this.#nodes.get(datastream);
    if (node === undefined) return UNTOUCHED;
    const outcome = node.series.offer(points);
    const { touched } = outcome;
    if (touched === undefined) return UNTOUCHED;
    const changed: NetworkChanges[] =
      outcome.changes.length === 0 ? [] : [{ datastream, changes: outcome.changes }];
    const stale: StaleSpan[] = outcome.stale.map(span => ({ datastream, ...span }));
    for (const { node: watcher, as } of node.watchers) {
      const { member, series } = watcher;
      const to = epochMs(touched.to + companionReachMs(member.parameters));
      const again = series.judgeAgain(as, { from: touched.from, to });
      if (again.length > 0) changed.push({ datastream: member.datastream, changes: again });
      const { edge } = series;
      if (touched.from >= edge || series.newest < touched.from) continue;
      stale.push({
        datastream: member.datastream,
        from: touched.from,
        to: epochMs(Math.min(to, edge - 1)),
      });
    }
    return { changed, stale };
  }

  /** The roll-up of a reading in memory; undefined where none is, or no test has seen it. */
  qualityAt(datastream: number, t: EpochMs): QualityFlag | undefined {
    const window = this.#nodes.get(datastream)?.series.window;
    const at = window?.indexOf(t) ?? -1;
    return at < 0 ? undefined : window?.qualityAt(at);
  }

  /** The same where the reading is the one that stands at its time, or repeats it; not for one that lost. */
  qualityOf(datastream: number, point: SeriesPoint): QualityFlag | undefined {
    const window = this.#nodes.get(datastream)?.series.window;
    const at = window?.indexOf(point.t) ?? -1;
    return at >= 0 && window?.saysTheSame(at, point) === true ? window.qualityAt(at) : undefined;
  }

  /** The reading in memory that stands at the time. */
  pointAt(datastream: number, t: EpochMs): SeriesPoint | undefined {
    const window = this.#nodes.get(datastream)?.series.window;
    const at = window?.indexOf(t) ?? -1;
    return at < 0 ? undefined : window?.pointAt(at);
  }

  /** Says what the store has as the newest reading of a datastream: it moves the horizon of those linked with it. */
  noteNewest(datastream: number, t: EpochMs): void {
    this.#nodes.get(datastream)?.series.noteNewest(t);
  }

  /** Since when readings of the datastream are kept; undefined for one that is not a member. */
  keptFrom(datastream: number): EpochMs | undefined {
    return this.#nodes.get(datastream)?.series.keptFrom;
  }

  /** Takes readings of a datastream back from the store, each with the roll-up that it has there. */
  restore(datastream: number, readings: readonly JudgedPoint[]): void {
    this.#nodes.get(datastream)?.series.restore(readings);
  }

  /** Takes the roll-up of a reading that was judged from the store; see `QualitySeries.settle`. */
  settle(datastream: number, t: EpochMs, quality: QualityFlag): void {
    this.#nodes.get(datastream)?.series.settle(t, quality);
  }

  /** The parameters and links of a member. */
  member(datastream: number): NetworkMember | undefined {
    return this.#nodes.get(datastream)?.member;
  }

  /** What every test says of one reading; undefined where it is not in memory. */
  explain(datastream: number, t: EpochMs): readonly QualityFinding[] | undefined {
    return this.#nodes.get(datastream)?.series.explain(t);
  }

  /** A node without links: the former series where the parameters are the same. */
  #nodeOf(member: NetworkMember, front: EventFront, retainMs: number): Node {
    const known = this.#nodes.get(member.datastream);
    if (known !== undefined && isSame(known.member.parameters, member.parameters)) {
      const { series, links } = known;
      links.companions.neighbours.length = 0;
      links.companions.rain.length = 0;
      links.front = front;
      links.retainMs = retainMs;
      return { member, series, links, watchers: [] };
    }
    const links: Links = { companions: { neighbours: [], rain: [] }, front, retainMs };
    const series = new QualitySeries(member.parameters, this.#limits, links);
    if (known !== undefined) series.takeOver(known.series);
    return { member, series, links, watchers: [] };
  }
}

function link(nodes: ReadonlyMap<number, Node>, { node, id, as }: Watcher & { readonly id: number }): void {
  const other = nodes.get(id);
  if (other === undefined) return;
  node.links.companions[as].push(other.series.window);
  other.watchers.push({ node, as });
}

function isSame(a: QualityParameters, b: QualityParameters): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
