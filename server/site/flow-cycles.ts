interface Edge {
  readonly from: string;
  readonly to: string;
}

/**
 * Cycles of a directed graph, each as its edges in order, no two with a node in common; none where the graph has none.
 * Nodes that nothing leads to, or nothing leads from, are peeled away until only cycles and what lies between are left.
 */
export function flowCycles<Given extends Edge>(edges: readonly Given[]): readonly (readonly Given[])[] {
  const cycles: (readonly Given[])[] = [];
  let left = withoutEnds(edges);
  while (left.length > 0) {
    const cycle = someCycle(left);
    cycles.push(cycle);
    const nodes = new Set(cycle.map(({ from }) => from));
    left = withoutEnds(left.filter(({ from, to }) => !nodes.has(from) && !nodes.has(to)));
  }
  return cycles;
}

/** The edges whose both ends lie on a cycle or between two. */
function withoutEnds<Given extends Edge>(edges: readonly Given[]): readonly Given[] {
  return peeled(peeled(edges, 'from', 'to'), 'to', 'from');
}

/** Kahn (1962): takes away nodes without edges on the `towards` side, and what hangs on them alone. */
function peeled<Given extends Edge>(
  edges: readonly Given[],
  away: keyof Edge,
  towards: keyof Edge,
): readonly Given[] {
  const count = new Map<string, number>();
  const leaving = new Map<string, Given[]>();
  for (const edge of edges) {
    count.set(edge[towards], (count.get(edge[towards]) ?? 0) + 1);
    const own = leaving.get(edge[away]);
    if (own === undefined) leaving.set(edge[away], [edge]);
    else own.push(edge);
  }
  const free = [...leaving.keys()].filter(node => !count.has(node));
  const gone = new Set<Given>();
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    for (const edge of leaving.get(node) ?? []) {
      gone.add(edge);
      const rest = (count.get(edge[towards]) ?? 0) - 1;
      count.set(edge[towards], rest);
      if (rest === 0) free.push(edge[towards]);
    }
  }
  return edges.filter(edge => !gone.has(edge));
}

/** Every node has an edge that leads on, so a walk comes back to where it was. */
function someCycle<Given extends Edge>(edges: readonly Given[]): readonly Given[] {
  const next = new Map(edges.map(edge => [edge.from, edge]));
  const walked: Given[] = [];
  const at = new Map<string, number>();
  for (let edge = edges[0]; edge !== undefined; edge = next.get(edge.to)) {
    const start = at.get(edge.from);
    if (start !== undefined) return walked.slice(start);
    at.set(edge.from, walked.length);
    walked.push(edge);
  }
  return walked;
}
