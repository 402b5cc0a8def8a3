// Writes docs/reference from the compiled code; with --check it only compares. Build first.
import { fileURLToPath } from 'node:url';
import { generateDocs } from '../dist/server/docs/generate-docs.js';

const unknown = process.argv.slice(2).filter(argument => argument !== '--check');
if (unknown.length > 0) {
  console.error(`Unknown argument "${unknown[0]}". Usage: node scripts/generate-docs.mjs [--check]`);
  process.exitCode = 2;
} else {
  const { lines, exitCode } = await generateDocs({
    root: fileURLToPath(new URL('..', import.meta.url)),
    check: process.argv.includes('--check'),
  });
  for (const line of lines) (exitCode === 0 ? console.log : console.error)(line);
  process.exitCode = exitCode;
}
