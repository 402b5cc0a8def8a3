import { epochMs } from '../time/instant.ts';
import type { EpochMs } from '../time/instant.ts';
import { AppError } from '../errors.ts';
import { companionReachMs } from './quality-parameters.ts';
import type { QualityParameters } from './quality-parameters.ts';
import type { QualityFinding } from './quality-finding.ts';
import { createEventFront, QualitySeries } from './quality-series.ts';
import type { EventFront, OfferOutcome, SeriesLimits } from './quality-series.ts';
import type { ReadingQuality } from './qualify-series.ts';
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
  readonly changes: readonly ReadingQuality[];
}

export interface NetworkOutcome {
  /** The offered datastream first, then those that compare themselves with it; none without a change. */
  readonly changed: readonly NetworkChanges[];
  readonly beyond: OfferOutcome['beyond'];
}

interface Node {
  readonly member: NetworkMember;
  readonly series: QualitySeries;
  readonly companions: { readonly neighbours: SeriesWindow[]; readonly rain: SeriesWindow[] };
  /** Those that look at this one. */
  readonly watchers: Watcher[];
}

interface Watcher {
  readonly node: Node;
  /** What this one is to it. */
  readonly as: 'neighbours' | 'rain';
}

/**
 * The flags of datastreams that are compared with each other: a reading of one is a reason to judge its neighbours
 * anew. Linked datastreams share one horizon, the newest reading among them, so that none misses what another forgot.
 */
export class QualityNetwork {
  readonly #nodes = new Map<number, Node>();

  /** Throws `site_invalid` where a link names a datastream that is not among the members. */
  constructor(members: readonly NetworkMember[], limits: SeriesLimits) {
    for (const { front, retainMs, inGroup } of linkedGroups(members)) {
      for (const member of inGroup) {
        // Filled below: links go in circles, so every series has to exist first.
        const companions = { neighbours: [], rain: [] };
        const series = new QualitySeries(member.parameters, limits, { companions, front, retainMs });
        this.#nodes.set(member.datastream, { member, series, companions, watchers: [] });
      }
    }
    for (const node of this.#nodes.values()) {
      const { neighbours = [], rain = [] } = node.member;
      for (const id of new Set(neighbours)) this.#link(node, id, 'neighbours');
      for (const id of new Set(rain)) this.#link(node, id, 'rain');
    }
  }

  /** Takes accepted readings of one datastream, in any order. Readings of a datastream it does not know are beyond it. */
  offer(datastream: number, points: readonly SeriesPoint[]): NetworkOutcome {
    const node = this.#nodes.get(datastream);
    if (node === undefined) return { changed: [], beyond: points };
    const { changes, beyond, touched } = node.series.offer(points);
    const changed: NetworkChanges[] = changes.length === 0 ? [] : [{ datastream, changes }];
    if (touched === undefined) return { changed, beyond };
    for (const { node: watcher, as } of node.watchers) {
      const { member, series } = watcher;
      const to = epochMs(touched.to + companionReachMs(member.parameters));
      const again = series.judgeAgain(as, { from: touched.from, to });
      if (again.length > 0) changed.push({ datastream: member.datastream, changes: again });
    }
    return { changed, beyond };
  }

  /** What every test says of one reading; undefined where it is not in memory. */
  explain(datastream: number, t: EpochMs): readonly QualityFinding[] | undefined {
    return this.#nodes.get(datastream)?.series.explain(t);
  }

  #link(node: Node, to: number, as: Watcher['as']): void {
    const other = this.#nodes.get(to);
    if (other === undefined) return;
    node.companions[as].push(other.series.window);
    other.watchers.push({ node, as });
  }
}

interface LinkedGroup {
  readonly front: EventFront;
  readonly retainMs: number;
  readonly inGroup: NetworkMember[];
}

/** Members that are linked, directly or over others, belong together. */
function linkedGroups(members: readonly NetworkMember[]): readonly LinkedGroup[] {
  const parent = new Map(members.map(({ datastream }) => [datastream, datastream]));
  const rootOf = (id: number): number => {
    const up = parent.get(id);
    if (up === undefined) throw new AppError('site_invalid', `Datastream ${id} is linked but unknown.`);
    if (up === id) return id;
    const root = rootOf(up);
    parent.set(id, root);
    return root;
  };
  for (const { datastream, neighbours = [], rain = [] } of members) {
    for (const id of [...neighbours, ...rain]) parent.set(rootOf(id), rootOf(datastream));
  }
  const groups = new Map<number, NetworkMember[]>();
  for (const member of members) {
    const root = rootOf(member.datastream);
    groups.set(root, [...(groups.get(root) ?? []), member]);
  }
  return [...groups.values()].map(inGroup => ({
    front: createEventFront(),
    retainMs: Math.max(...inGroup.map(({ parameters }) => companionReachMs(parameters))),
    inGroup,
  }));
}
