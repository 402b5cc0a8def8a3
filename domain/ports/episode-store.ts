import type { BasisVersions, Episode, EpisodeChange } from '../model/episode.ts';
import type { WarningSeverity } from '../model/warning-severity.ts';
import type { WatchDecision } from '../model/watch-decision.ts';
import type { EpochMs } from '../time/instant.ts';
import type { Cursors } from './journal.ts';

/** The rule and the datastream it judges. */
export interface TrackKey {
  readonly rule: string;
  /** `station/property` or `station/property.instance`. */
  readonly subject: string;
}

/** Where a track has to be judged anew from stored history: readings came from beyond what it remembers. */
export interface PendingRefill extends TrackKey {
  /** phenomenonTime of the earliest of them. */
  readonly from: EpochMs;
}

/** Everything the watch decided of a stretch of the arrival. Durable as a whole or not at all. */
export interface EpisodeBatch {
  /** receivedTime up to which everything had been heard when it was decided. */
  readonly knownAt: EpochMs;
  /** The batches of the journal in hand when it was decided: a restart goes on telling once both lanes are past them. */
  readonly through: Cursors;
  /** In order. */
  readonly changes: readonly EpisodeChange[];
  readonly decisions: readonly WatchDecision[];
  /** Of several for one track the earliest `from` holds. */
  readonly refills: readonly PendingRefill[];
}

/** What a track needs, beside the readings of the store, to go on after a restart. */
export interface TrackCheckpoint extends TrackKey {
  /** Readings up to here are folded into `state`. */
  readonly foldedTo: EpochMs;
  /** The state of the fold, as JSON; only the rules can read it. */
  readonly state: string;
  /** Of the segments of the basis that `state` names by their place. */
  readonly segments: readonly BasisVersions[];
}

export interface Checkpoint {
  /** Replaces those of the same tracks. */
  readonly tracks: readonly TrackCheckpoint[];
  /** Refills that are done and in the checkpoint of their track. */
  readonly refilled: readonly TrackKey[];
  /** receivedTime up to which everything was heard. */
  readonly heardThrough: EpochMs;
}

/** `withdrawn`: late readings show that it never was; `merged`: it is part of `into`. */
export const EPISODE_STATUSES = ['open', 'ended', 'withdrawn', 'merged'] as const;
export type EpisodeStatus = (typeof EPISODE_STATUSES)[number];

/** An episode as its changes have left it. */
export interface EpisodeRecord {
  readonly id: string;
  readonly status: EpisodeStatus;
  readonly episode: Episode;
  /** Where it is merged. */
  readonly into?: string;
  /** Its begin when it was first known. */
  readonly firstBegin: EpochMs;
  /** The highest severity that was told live; absent where it is retroactive altogether. */
  readonly told?: WarningSeverity;
  /** A live change has ended it: the alarm may return. */
  readonly isOverLive: boolean;
  /** receivedTime of its first and of its last change. */
  readonly firstKnownAt: EpochMs;
  readonly changedAt: EpochMs;
  /** Place of the last change in the log; grows. */
  readonly seq: number;
}

/** A change as it was appended. */
export interface LoggedChange {
  /** Place in the log; grows by 1. */
  readonly seq: number;
  readonly knownAt: EpochMs;
  readonly change: EpisodeChange;
}

export interface EpisodeQuery {
  /** Overlap with from ≤ t < to; an open episode lasts, one withdrawn or merged without an end was at its begin only. */
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly statuses?: readonly EpisodeStatus[];
  /** Stations of the subject. */
  readonly stations?: readonly string[];
  readonly rule?: string;
  /** As it was known at that receivedTime: changes after it are as if they had not come. */
  readonly knownAt?: EpochMs;
  /** Keyset, newest begin first, of one begin the last id first: records after this (begin, id). */
  readonly after?: { readonly begin: EpochMs; readonly id: string };
  readonly limit: number;
}

export interface EpisodeResumption {
  /** The highest `through` of all batches; zeros before the first. */
  readonly through: Cursors;
  /** Absent before the first checkpoint. */
  readonly heardThrough?: EpochMs;
  readonly refills: readonly PendingRefill[];
  readonly checkpoints: readonly TrackCheckpoint[];
}

/** The episodes of record: an append-only log of changes and decisions, and what follows from it. One writer. */
export interface EpisodeStore {
  resume(): Promise<EpisodeResumption>;
  /**
   * Durable when it resolves. Batches become durable in the order of the calls. While the disk refuses it rejects with a
   * retryable `store_unavailable` and nothing of the batch is there. Only where the commit itself failed, and the process
   * ends before the next one, may the next start find the batch whole; that does no harm, as if it had been acknowledged.
   */
  append(batch: EpisodeBatch): Promise<void>;
  checkpoint(checkpoint: Checkpoint): Promise<void>;
  /**
   * The episodes that a track must know to judge on from an instant: those open, those told live, not over live and not
   * merged, and those with an end, a begin or a first begin at or after `since`, in any status. All tracks where none is
   * named. Oldest begin first.
   */
  remembered(query: {
    readonly track?: TrackKey;
    readonly since: EpochMs;
  }): Promise<readonly EpisodeRecord[]>;
  /** Newest begin first; of one begin the last id first. */
  episodes(query: EpisodeQuery): Promise<readonly EpisodeRecord[]>;
  episode(id: string): Promise<EpisodeRecord | undefined>;
  /** The log in order: the changes under one id, or all of them from a place on. */
  changes(
    query: { readonly id: string } | { readonly afterSeq: number; readonly limit: number },
  ): Promise<readonly LoggedChange[]>;
  /** Decisions with from ≤ t < to in order of t; those of named datastreams only, outages and signals always. */
  decisions(query: {
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly inputs?: readonly string[];
  }): Promise<readonly WatchDecision[]>;
}
