import { flowCycles } from './flow-cycles.ts';
import type { SiteIndex } from './site-index.ts';
import type { SiteProblems } from './site-problems.ts';
import { placeIn } from './source-entry.ts';

/** Water that runs in a circle: every cycle is told at that of its edges which stands last. */
export function checkFlow(index: SiteIndex, problems: SiteProblems): void {
  const edges = index.entries('flow').flatMap(entry => {
    const { from, to } = entry.value;
    return typeof from === 'string' && typeof to === 'string' && from !== to ? [{ from, to, entry }] : [];
  });
  const rank = new Map(edges.map((edge, position) => [edge, position]));
  for (const cycle of flowCycles(edges)) {
    const last = cycle.reduce((latest, edge) =>
      (rank.get(edge) ?? 0) > (rank.get(latest) ?? 0) ? edge : latest,
    );
    const start = cycle.indexOf(last);
    const inOrder = [...cycle.slice(start + 1), ...cycle.slice(0, start + 1)];
    const nodes = [...inOrder.map(({ from }) => from), last.to];
    problems.add(placeIn(last.entry), `closes a circle: ${nodes.join(' > ')}`);
  }
}
