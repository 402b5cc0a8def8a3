// How a station was watched for a day, as the server answers it. A test holds the server's answer against it.

/** Minutes of a local day, each counted once; together 1,440. */
export interface DayMinutes {
  readonly evaluated: number;
  /** Judged afterwards, by readings that came too late to warn anybody. */
  readonly filledLater: number;
  readonly blind: number;
  /** We ourselves were away. */
  readonly notEvaluatedByUs: number;
  readonly notJudged: number;
  readonly ahead: number;
}

export interface RuleDay {
  readonly rule: string;
  /** `station/property[.instance]` */
  readonly subject: string;
  readonly minutes: DayMinutes;
}

export interface WatchedDay {
  readonly items: readonly RuleDay[];
}
