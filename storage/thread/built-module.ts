/**
 * The URL of a compiled module that stands beside the calling one, for `new Worker(...)`. Worker threads always run
 * compiled code: the caller may be TypeScript in a test, then the module is taken from `dist/`.
 *
 * @param callerUrl the caller's `import.meta.url`
 * @param name file name without extension, e.g. `journal-worker`
 * @param root URL of the repository root as seen from the caller, e.g. `../..`; only used for TypeScript callers
 */
export function builtModule(callerUrl: string, name: string, root: string): URL {
  if (!callerUrl.endsWith('.ts')) return new URL(`./${name}.js`, callerUrl);
  const rootUrl = new URL(`${root}/`, callerUrl).href;
  const folder = new URL('./', callerUrl).href.slice(rootUrl.length);
  return new URL(`dist/${folder}${name}.js`, rootUrl);
}
