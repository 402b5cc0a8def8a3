/**
 * The fields of one line of comma-separated values (RFC 4180, but a field cannot hold a line end). `undefined` where a
 * quote is not closed or stands in the middle of a field.
 */
export function csvFields(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line[at] === '"' ? quotedField(line, at) : bareField(line, at);
    if (field === undefined) return undefined;
    fields.push(field.text);
    if (field.end === line.length) return fields;
    at = field.end + 1;
  }
}

interface Field {
  readonly text: string;
  /** Where the comma or the end of the line is. */
  readonly end: number;
}

function bareField(line: string, at: number): Field | undefined {
  const comma = line.indexOf(',', at);
  const end = comma < 0 ? line.length : comma;
  const text = line.slice(at, end);
  return text.includes('"') ? undefined : { text, end };
}

function quotedField(line: string, at: number): Field | undefined {
  let text = '';
  let from = at + 1;
  for (;;) {
    const quote = line.indexOf('"', from);
    if (quote < 0) return undefined;
    text += line.slice(from, quote);
    if (line[quote + 1] !== '"') {
      const end = quote + 1;
      return end === line.length || line[end] === ',' ? { text, end } : undefined;
    }
    text += '"';
    from = quote + 2;
  }
}
