import { stationOf } from '../domain/model/topic.ts';
import type { JournalBatch, JournalledEntry } from '../domain/ports/journal.ts';

/**
 * The entries of some batches in turn by station: one of each, then the next of each. Within a station the order of
 * arrival stays. A station with a long backlog delays no other station of the window.
 */
export function* roundRobin(batches: readonly JournalBatch[]): Generator<JournalledEntry> {
  const byStation = new Map<string, JournalledEntry[]>();
  for (const batch of batches) {
    for (const entry of batch.entries) {
      const station = stationOf(entry.topic);
      const queue = byStation.get(station);
      if (queue === undefined) byStation.set(station, [entry]);
      else queue.push(entry);
    }
  }
  for (let turn = 0; byStation.size > 0; turn++) {
    for (const [station, queue] of byStation) {
      const entry = queue[turn];
      if (entry === undefined) byStation.delete(station);
      else yield entry;
    }
  }
}
