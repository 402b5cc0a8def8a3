import type { JournalAppender, JournalEntry, JournalStream } from '../domain/ports/journal.ts';

/** Appends one entry; resolves when it is durable, rejects with the journal's retryable AppError. */
export function appendDurably(
  journal: JournalAppender,
  stream: JournalStream,
  entry: JournalEntry,
): Promise<void> {
  return new Promise((resolve, reject) => {
    journal.append(stream, entry, error => (error === undefined ? resolve() : reject(error)));
  });
}
