import type { EpisodeBatch, EpisodeStore } from '../../domain/ports/episode-store.ts';
import { MemoryEpisodeStore } from './memory-episode-store.ts';
import { diskRefusal } from './memory-telemetry-store.ts';

/** The life of a process: once it is over nothing answers it any more. */
interface Life {
  readonly isOver: boolean;
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/**
 * Where an episode store keeps what it has. It can be slow and it can refuse; what it has answered survives the death of
 * the process, what it has not written yet does not.
 */
export class EpisodeDisk {
  readonly kept = new MemoryEpisodeStore();
  #isRefusing = false;
  #isHeld = false;
  #waiting: (() => void)[] = [];

  /** Every read and write is refused for the moment; `false` ends it. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** A process that is refused at its start does not start: that much is answered. */
  async answering(start: () => Promise<void>): Promise<void> {
    const isRefusing = this.#isRefusing;
    this.#isRefusing = false;
    await start();
    this.#isRefusing = isRefusing;
  }

  /** From now on nothing is written, and whoever writes waits. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Writes again, beginning with what waits. */
  release(): void {
    this.#isHeld = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** The store as a process sees it. */
  openFor(life: Life): EpisodeStore {
    const { kept } = this;
    const read = async <T>(ask: () => Promise<T>): Promise<T> => {
      await turn();
      if (life.isOver) return NEVER;
      if (this.#isRefusing) throw diskRefusal();
      return ask();
    };
    const write = async (put: () => Promise<void>): Promise<void> => {
      await turn();
      while (this.#isHeld && !life.isOver) await new Promise<void>(resolve => this.#waiting.push(resolve));
      if (life.isOver) return NEVER;
      if (this.#isRefusing) throw diskRefusal();
      await put();
      await turn();
      return life.isOver ? NEVER : undefined;
    };
    return {
      resume: () => (life.isOver ? NEVER : kept.resume()),
      append: (batch: EpisodeBatch) => write(() => kept.append(batch)),
      checkpoint: checkpoint => write(() => kept.checkpoint(checkpoint)),
      remembered: query => read(() => kept.remembered(query)),
      episodes: query => read(() => kept.episodes(query)),
      episode: id => read(() => kept.episode(id)),
      changes: query => read(() => kept.changes(query)),
      decisions: query => read(() => kept.decisions(query)),
    };
  }
}

const NEVER = new Promise<never>(() => undefined);
