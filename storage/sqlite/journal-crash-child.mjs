// A journal under load that waits to be killed; run by journal-crash.test.ts. It prints one line for each fact, and
// a line is only printed when the fact holds: `A <text>` acknowledged, `M <position>` moved, `C <live> <backlog>`
// consumed up to these batches.
import { JournalClient } from '../../dist/storage/sqlite/journal-client.js';
import { createJournalReader } from '../../dist/storage/sqlite/journal-reader.js';

const [directory, run, live, backlog, mode] = process.argv.slice(2);
const cursors = { live: Number(live), backlog: Number(backlog) };
const journal = new JournalClient({ directory, archiveChunkBytes: 3_000, archiveIntervalMs: 3 });
await journal.start();
const reader = createJournalReader(journal.openReader());
let next = 0;

function append(stream) {
  const text = `${run}-${(next += 1)}`;
  const station = `S-${next % 7}`;
  const entry = {
    received: Date.now(),
    principal: station,
    topic: `ww/v1/${station}/obs`,
    qos: 1,
    payload: Buffer.from(text),
  };
  journal.append(stream, entry, error => {
    if (error !== undefined) throw error;
    // Writing to a pipe is synchronous: what was printed was acknowledged before the kill.
    process.stdout.write(`A ${stream} ${text}\n`);
    setImmediate(() => append(stream));
  });
}

async function consume(stream) {
  const batches = await reader.read(stream, cursors[stream], 20_000);
  for (const batch of batches) {
    if (mode === 'move' && stream === 'live') {
      const parts = batch.entries.filter(entry => entry.position % 3 === 0);
      await reader.move(parts.map(entry => ({ ...entry, splitBefore: entry.received })));
      for (const { position } of parts) process.stdout.write(`M ${position}\n`);
    }
    cursors[stream] = batch.seq;
  }
  return batches.length > 0;
}

for (let count = 0; count < 40; count += 1) append(count % 4 === 0 ? 'backlog' : 'live');
for (;;) {
  const hadLive = await consume('live');
  // Moved parts stay readable where the test wants to count them.
  const hadBacklog = mode === 'move' ? false : await consume('backlog');
  process.stdout.write(`C ${cursors.live} ${cursors.backlog}\n`);
  await reader.advance('ingest', { ...cursors });
  if (!hadLive && !hadBacklog) await new Promise(resolve => setImmediate(resolve));
}
