/** Which rows of a long list are in the picture. Heights are known beforehand, in CSS pixels. */
export interface RowWindow {
  /** Index of the first row that is drawn, and of the first after it that is not. */
  readonly first: number;
  readonly end: number;
}

/** The top of each row; the last item is the height of all. */
export function rowTops(heights: readonly number[]): readonly number[] {
  const tops = [0];
  let top = 0;
  for (const height of heights) {
    top += height;
    tops.push(top);
  }
  return tops;
}

/** The rows that lie in the viewport, with a margin so that quick scrolling shows no blank. */
export function rowWindow(
  tops: readonly number[],
  viewport: { readonly scrollTop: number; readonly height: number; readonly margin: number },
): RowWindow {
  const count = tops.length - 1;
  const from = viewport.scrollTop - viewport.margin;
  const to = viewport.scrollTop + viewport.height + viewport.margin;
  return { first: rowAt(tops, from), end: Math.min(count, rowAt(tops, to) + 1) };
}

/** Index of the row that holds a height; the nearest one where it lies outside. */
export function rowAt(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where to scroll so that a row is wholly seen; the present place where it is. */
export function scrollToRow(
  tops: readonly number[],
  row: number,
  viewport: { readonly scrollTop: number; readonly height: number },
): number {
  const top = tops[row] ?? 0;
  const bottom = tops[row + 1] ?? top;
  if (top < viewport.scrollTop) return top;
  return Math.max(viewport.scrollTop, bottom - viewport.height);
}
