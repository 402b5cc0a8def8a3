/** A table of figures: what the row is, then the cells. A cell that does not apply is left out with `undefined`. */
export interface FigureTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** A figure with a target of DESIGN section 9: printed, never asserted. */
export interface TargetCheck {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface PartReport {
  readonly tables: readonly FigureTable[];
  readonly targets: readonly TargetCheck[];
  /** What a reader has to know to judge the figures; also what was skipped and why. */
  readonly notes: readonly string[];
}

export interface PartContext {
  /** Fewer rounds and smaller amounts: shows that everything runs, not how fast it is. */
  readonly quick: boolean;
  /** An empty folder of this part; removed afterwards. */
  readonly folder: string;
  /** Tells a person what is going on. */
  readonly say: (line: string) => void;
}

/** One named part of the benchmark. */
export interface BenchPart {
  readonly name: string;
  readonly summary: string;
  run(context: PartContext): Promise<PartReport>;
}
