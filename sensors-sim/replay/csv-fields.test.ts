import { expect, it } from 'vitest';

import { csvFields } from './csv-fields.ts';

it.each<[string, readonly string[] | undefined]>([
  ['a,b,c', ['a', 'b', 'c']],
  ['', ['']],
  [',', ['', '']],
  ['a,', ['a', '']],
  ['"a,b",c', ['a,b', 'c']],
  ['"",""', ['', '']],
  ['"say ""yes""",2', ['say "yes"', '2']],
  ['a,"b"', ['a', 'b']],
  ['a,"b",', ['a', 'b', '']],
  ['a,"b', undefined],
  ['a"b,c', undefined],
  ['"a"b,c', undefined],
  ['"', undefined],
])('%j', (line, fields) => {
  expect(csvFields(line)).toEqual(fields);
});
