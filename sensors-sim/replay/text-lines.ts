import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';

/** Longer than any row of a table that people keep; keeps memory bounded for a file that is no table. */
const LONGEST_LINE = 65_536;

/** `text` is undefined where the line is too long. */
export interface TextLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** The lines of a UTF-8 file, unpacked where its name ends in `.gz`; without line ends and byte order mark. */
export async function* textLines(path: string): AsyncGenerator<TextLine> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  // `pipe` does not hand errors on.
  if (bytes !== file) file.on('error', error => bytes.destroy(error));
  const decoder = new StringDecoder('utf8');
  let number = 0;
  let rest = '';
  let tooLong = false;
  const line = (text: string): TextLine => {
    number += 1;
    const long = tooLong || text.length > LONGEST_LINE;
    tooLong = false;
    const first = number === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    return { number, text: long ? undefined : first.replace(/\r$/, '') };
  };
  try {
    for await (const chunk of bytes) {
      const parts = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) yield line(part);
      if (rest.length > LONGEST_LINE) {
        tooLong = true;
        rest = '';
      }
    }
  } finally {
    file.destroy();
  }
  if (rest !== '' || tooLong) yield line(rest);
}
