import { code, page, table } from './markdown.ts';

/** An option of the configuration as its reference page shows it. */
export interface DocumentedOption {
  /** Path in the YAML file, with dots. */
  readonly path: string;
  /** Environment variable; absent where the option stands in the file only. */
  readonly env?: string;
  readonly description: string;
  readonly unit?: string;
  readonly default: unknown;
  readonly range?: string;
}

export function configPage(options: readonly DocumentedOption[]): string {
  return page(
    'Configuration',
    'The environment wins over the YAML file named by `WW_CONFIG`. Unknown keys are refused, and all problems are ' +
      'told at once.',
    table(
      ['option', 'environment', 'default', 'range', 'unit', 'what'],
      options.map(option => [
        code(option.path),
        option.env === undefined ? '' : code(option.env),
        option.default === undefined ? '' : code(textOf(option.default)),
        option.range ?? '',
        option.unit ?? '',
        option.description,
      ]),
    ),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
