/** What one quality test says of a reading. */
export interface QualityTestResult {
  readonly test: string;
  /** QARTOD. */
  readonly flag: number;
  /** What it measured and held that against; times and spans in milliseconds. */
  readonly detail: Readonly<Record<string, number | string | readonly number[]>>;
}

/** What the quality tests say of one stored reading. */
export interface QualityReasons {
  readonly t: number;
  readonly v: number | null;
  readonly flag: number;
  readonly deviceFlag: string;
  readonly tests: readonly QualityTestResult[];
}
