/** Stands at the head of every generated page. */
const NOTICE = '<!-- Generated from the code by scripts/generate-docs.mjs. Do not edit. -->';

/** A page: notice, title, then its parts with an empty line between them. */
export function page(title: string, ...parts: readonly string[]): string {
  return `${[NOTICE, `# ${title}`, ...parts].join('\n\n')}\n`;
}

/** A table; a pipe inside a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll(/\\?\|/g, '\\|').replaceAll('\n', ' ');
}
