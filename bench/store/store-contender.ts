import type { Block, LateBlock } from './sample.ts';

/** What something has cost, the waiting and the processor time of all processes that took part. */
export interface StoreCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Rows written or answered. */
  readonly rows: number;
}

/** A store under the same work as another. Each method resolves when what was written is durable. */
export interface StoreContender {
  readonly name: string;
  insert(block: Block): Promise<StoreCost>;
  late(block: LateBlock): Promise<StoreCost>;
  /** The last value of every datastream. */
  latest(): Promise<StoreCost>;
  /** One datastream, the day that begins at this step, raw. */
  day(firstStep: number): Promise<StoreCost>;
  /** The district, 30 days from the first step on, hourly mean and maximum. */
  hourly(): Promise<StoreCost>;
  residentMiB(): number;
  /** Closes the store in order and answers how many bytes lie on disk; it stays open afterwards. */
  bytesOnDisk(): Promise<number>;
  /** Kills it in the middle of a write and starts it again; answers the time from its start to its first answer. */
  killAndOpenMs(block: Block): Promise<number>;
  stop(): Promise<void>;
}
