import { showUnseen } from './unseen-characters.ts';

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

/** More than a person reads; a bulk file with the wrong columns has them in every row. */
const PROBLEMS_MAX = 100_000;
const TEXT_LENGTH = 1_000;

/** Everything that is wrong with a site folder. */
export class SiteProblems {
  readonly #found: { readonly place: ProblemPlace; readonly message: string }[] = [];

  add(place: ProblemPlace, message: string): void {
    this.#found.push({ place, message });
  }

  /**
   * `file:line: path (id) message`, each once, by file and line; of very many the first ones. They hold words of the
   * files, so each is short and has nothing that a terminal obeys.
   */
  texts(): readonly string[] {
    const sorted = this.#found.toSorted(
      ({ place: a }, { place: b }) => order(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0),
    );
    const texts = [...new Set(sorted.map(problem => printable(textOf(problem))))];
    const more = texts.length - PROBLEMS_MAX;
    return more <= 0 ? texts : [...texts.slice(0, PROBLEMS_MAX), `and ${more} more`];
  }
}

function printable(text: string): string {
  return showUnseen(text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH)}…` : text);
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
