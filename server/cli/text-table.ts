/** A table of plain text: columns aligned, two spaces between them, numbers to the right. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const cells = rows.map(row => row.map(cell => (typeof cell === 'number' ? figure(cell) : printable(cell))));
  const isRight = head.map(
    (_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number'),
  );
  const widths = head.map((title, column) =>
    Math.max(displayWidth(title), ...cells.map(row => displayWidth(row[column] ?? ''))),
  );
  return [head, ...cells].map(row =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - displayWidth(cell));
        return isRight[column] === true ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Pairs of a label and a value, the values in one column. */
export function labelled(pairs: readonly (readonly [label: string, value: string])[]): readonly string[] {
  const width = Math.max(...pairs.map(([label]) => displayWidth(label)));
  return pairs.map(([label, value]) =>
    `${label}${' '.repeat(width - displayWidth(label))}  ${printable(value)}`.trimEnd(),
  );
}

/** A number with thousands separated: 1,234,567. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 20 });
}

/**
 * Foreign text as one line that does nothing to a terminal: control characters, and those that turn the direction of
 * writing, are shown as escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An instant in the time of the district. */
export function localTime(ms: number): string {
  const shifted = new Date(ms + DISTRICT_OFFSET_MS).toISOString();
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}`;
}

/** Asia/Shanghai has no daylight saving time since 1991. */
const DISTRICT_OFFSET_MS = 8 * 3_600_000;
/** What stands over a column of local times. */
export const LOCAL_TIME_TITLE = 'time (+08:00)';

/** Scripts whose characters fill two columns of a terminal, and full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}
