import type { PartKey } from '../../domain/model/district.ts';
import { isEmpty } from '../site/diff-parts.ts';
import type { ChangedPart, SiteDiff, ValueChange } from '../site/diff-parts.ts';
import { figure, printable } from './text-table.ts';

/** A value longer than this is cut. */
const VALUE_CHARACTERS_MAX = 120;

/**
 * A difference for people: `+` what is new, `~` each value that changes, `-` what is retired, and the totals.
 *
 * @param linesMax lines before the totals; how many were left out is said
 */
export function diffLines(diff: SiteDiff, linesMax: number): readonly string[] {
  const all = [
    ...diff.added.map(key => `+ ${partText(key)}`),
    ...diff.changed.flatMap(changedLines),
    ...diff.retired.map(key => `- ${partText(key)}`),
  ];
  const more = all.length - linesMax;
  return [
    ...all.slice(0, linesMax).map(printable),
    ...(more > 0 ? [`… and ${figure(more)} lines more; --all shows them.`] : []),
    isEmpty(diff)
      ? 'No difference.'
      : `${figure(diff.added.length)} added, ${figure(diff.changed.length)} changed, ${figure(diff.retired.length)} retired.`,
  ];
}

function changedLines({ changes, ...key }: ChangedPart): readonly string[] {
  return changes.map(change => `~ ${partText(key)}: ${changeText(change)}`);
}

function changeText({ path, before, after }: ValueChange): string {
  return `${path} ${valueText(before)} -> ${valueText(after)}`;
}

function partText({ kind, id }: PartKey): string {
  return `${kind} ${id}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text;
}
