import { textTable } from '../server/cli/text-table.ts';
import type { FigureTable, PartReport } from './part.ts';
import { rounded } from './statistics.ts';

/** The report of a part for a terminal. */
export function reportText(name: string, report: PartReport): string {
  const lines = [`== ${name}`];
  for (const table of report.tables) lines.push('', table.title, ...tableLines(table));
  if (report.targets.length > 0) lines.push('');
  for (const { target, measured, met } of report.targets) {
    lines.push(`${met ? 'met   ' : 'MISSED'}  ${target}: ${measured}`);
  }
  if (report.notes.length > 0) lines.push('', ...report.notes.map(note => `  ${note}`));
  return `${lines.join('\n')}\n`;
}

function tableLines({ columns, rows }: FigureTable): readonly string[] {
  return textTable(
    columns,
    rows.map(row =>
      row.map(cell => (typeof cell === 'number' ? rounded(cell) : (cell ?? ''))).map(blankForNaN),
    ),
  );
}

function blankForNaN(cell: string | number): string | number {
  return typeof cell === 'number' && Number.isNaN(cell) ? '' : cell;
}
