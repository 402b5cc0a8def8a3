import type { Invocation, OptionSpec } from './command.ts';

/** How fast times are played that lie in the past. */
export const SPEED: OptionSpec = {
  value: 'factor',
  description: 'max (default), or a factor above 0: 1 is real time, 60 an hour in a minute.',
  pattern: /^(max|(?=.*[1-9])\d{1,9}(\.\d{1,6})?)$/,
};

/** What `--speed` says. */
export function speedOf(call: Invocation): number | 'max' {
  const text = call.text('speed') ?? 'max';
  return text === 'max' ? text : Number(text);
}
