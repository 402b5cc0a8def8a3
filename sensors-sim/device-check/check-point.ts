/** `not seen`: the situation did not come about, so that nothing is said of it. */
export type Verdict = 'holds' | 'broken' | 'not seen';

/** One point of the wire contract and what was found of it. */
export interface CheckPoint {
  readonly id: string;
  /** What the contract says. */
  readonly clause: string;
  readonly verdict: Verdict;
  /** What was observed, one sentence or two. */
  readonly observed: string;
}

/** What a check has found. */
export interface CheckReport {
  readonly subject: 'device' | 'server';
  readonly id: string;
  readonly points: readonly CheckPoint[];
}
