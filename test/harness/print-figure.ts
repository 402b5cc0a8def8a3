/** Shows a measured figure among the results of the tests. Figures inform; no test asserts them. */
export function printFigure(text: string): void {
  process.stderr.write(`FIGURE: ${text}\n`);
}
