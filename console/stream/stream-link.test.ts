import { describe, expect, it } from 'vitest';

import { StreamLink } from './stream-link.ts';

/** A browser whose answers and timers are in the hands of the test. */
class Rig {
  readonly told: string[] = [];
  readonly timers: { readonly ms: number; readonly run: () => void }[] = [];
  readonly requests: { readonly signal: AbortSignal; readonly answer: (response: Response) => void }[] = [];
  readonly link = new StreamLink(
    {
      fetch: (_path, init) =>
        new Promise((resolve, reject) => {
          const { signal } = init as { signal: AbortSignal };
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          this.requests.push({ signal, answer: resolve });
        }),
      after: (ms, run) => {
        const timer = { ms, run };
        this.timers.push(timer);
        return () => {
          const index = this.timers.indexOf(timer);
          if (index >= 0) this.timers.splice(index, 1);
        };
      },
      random: () => 0.5,
    },
    {
      onState: ({ now }) => this.told.push(`state ${now}`),
      onDelta: ({ now }) => this.told.push(`delta ${now}`),
      onSign: () => this.told.push('sign'),
      onBroken: () => this.told.push('broken'),
      onSignedOut: () => this.told.push('signed out'),
      onForbidden: () => this.told.push('forbidden'),
    },
  );

  /** Lets everything that is due run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    await new Promise(resolve => setImmediate(resolve));
  }

  stream(): { readonly send: (text: string) => Promise<void>; readonly end: () => Promise<void> } {
    const pipe = new TransformStream<Uint8Array, Uint8Array>();
    const writer = pipe.writable.getWriter();
    this.requests.at(-1)!.answer(new Response(pipe.readable));
    return {
      send: async text => {
        await writer.write(new TextEncoder().encode(text));
        await this.settle();
      },
      end: async () => {
        await writer.close();
        await this.settle();
      },
    };
  }
}

describe('StreamLink', () => {
  it('tells state, deltas and every sign of life', async () => {
    const rig = new Rig();
    rig.link.open();
    const stream = rig.stream();
    await stream.send('event: state\ndata: {"now":1}\n\n');
    await stream.send(': alive\n\n');
    await stream.send('event: delta\ndata: {"now":2}\n\n');
    expect(rig.told).toEqual(['sign', 'state 1', 'sign', 'sign', 'delta 2']);
    rig.link.close();
  });

  it('comes back after a break, ever more slowly, and at once slow again after a success', async () => {
    const rig = new Rig();
    rig.link.open();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await rig.stream().end();
      waits.push(rig.timers[0]!.ms);
      rig.timers[0]!.run();
    }
    expect(waits).toEqual([2_000, 3_000, 4_500, 6_750, 10_000, 10_000]);
    const stream = rig.stream();
    await stream.send('event: state\ndata: {"now":1}\n\n');
    await stream.end();
    expect(rig.timers.map(({ ms }) => ms)).toEqual([2_000]);
    rig.link.close();
    expect(rig.timers).toEqual([]);
  });

  it('gives up a connection that is silent for longer than two heartbeats', async () => {
    const rig = new Rig();
    rig.link.open();
    await rig.stream().send(': alive\n\n');
    expect(rig.timers.map(({ ms }) => ms)).toEqual([32_000]);
    const [silent] = rig.requests;
    rig.timers[0]!.run();
    expect(silent!.signal.aborted).toBe(true);
    rig.link.close();
  });

  it.each([
    { status: 401, told: 'signed out' },
    { status: 403, told: 'forbidden' },
  ])('does not come back after $status: $told', async ({ status, told }) => {
    const rig = new Rig();
    rig.link.open();
    rig.requests[0]!.answer(new Response(null, { status }));
    await rig.settle();
    expect(rig.told).toEqual([told]);
    expect(rig.timers).toEqual([]);
  });

  it('comes back after a refusal for lack of room', async () => {
    const rig = new Rig();
    rig.link.open();
    rig.requests[0]!.answer(new Response(null, { status: 503 }));
    await rig.settle();
    expect(rig.told).toEqual(['broken']);
    expect(rig.timers).toHaveLength(1);
    rig.link.close();
  });

  it('says nothing after it was closed', async () => {
    const rig = new Rig();
    rig.link.open();
    rig.link.close();
    await rig.settle();
    expect(rig.told).toEqual([]);
    expect(rig.timers).toEqual([]);
  });
});
