/** Where in a site folder something is wrong, as far as it is known. */
export interface ProblemPlace {
  /** Relative to the folder. */
  readonly file: string;
  readonly line?: number | undefined;
  /** `stations[3].datastreams[0].datum`, or the column of a CSV file. */
  readonly path?: string | undefined;
  /** The id of what it belongs to, so that a person finds it without counting. */
  readonly id?: string | undefined;
}

/** Everything that is wrong with a site folder. */
export class SiteProblems {
  readonly #found: { readonly place: ProblemPlace; readonly message: string }[] = [];

  add(place: ProblemPlace, message: string): void {
    this.#found.push({ place, message });
  }

  /** `file:line: path (id) message`, each once, by file and line. */
  texts(): readonly string[] {
    const sorted = this.#found.toSorted(
      ({ place: a }, { place: b }) => order(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0),
    );
    return [...new Set(sorted.map(textOf))];
  }
}

function textOf({ place, message }: { readonly place: ProblemPlace; readonly message: string }): string {
  const id = place.id === undefined ? '' : `(${place.id})`;
  const what = [place.path ?? '', id, message].filter(word => word !== '').join(' ');
  return `${standText(place)}: ${what}`;
}

/** `file:line`, or `file` where the line is not known. */
export function standText({ file, line }: ProblemPlace): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** By code unit: the same on every machine. */
export function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
