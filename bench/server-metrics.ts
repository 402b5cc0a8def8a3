/** The samples of `/metrics` of a server on this machine, by name; where one has labels, the sum over them. */
export async function serverMetrics(httpPort: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const name = line.slice(0, line.search(/[ {]/));
    samples.set(name, (samples.get(name) ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1)));
  }
  return samples;
}
