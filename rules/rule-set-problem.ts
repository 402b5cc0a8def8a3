import type { z } from 'zod';

/** What is wrong, and under which keys it stands. */
export interface RuleSetProblem {
  readonly keys: readonly PropertyKey[];
  /** Follows the path in a sentence. */
  readonly message: string;
}

export function problemsOf(
  issue: z.core.$ZodIssue,
  under: readonly PropertyKey[],
): readonly RuleSetProblem[] {
  const keys = [...under, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ keys: [...keys, key], message: 'is not known' }));
  const message = issue.message.endsWith('received undefined')
    ? 'is missing'
    : issue.message.replace(/^Invalid (input|option): /, '');
  return [{ keys, message }];
}
