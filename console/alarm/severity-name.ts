import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';

/** Whether a name is that of a severity: some thresholds are called so. */
export function isSeverity(name: string): name is WarningSeverity {
  return WARNING_SEVERITIES.some(severity => severity === name);
}
