/** Warning severities from the mildest: blue IV, yellow III, orange II, red I (CAP Minor, Moderate, Severe, Extreme). */
export const WARNING_SEVERITIES = ['blue', 'yellow', 'orange', 'red'] as const;
export type WarningSeverity = (typeof WARNING_SEVERITIES)[number];

/** Place on the scale: 0 for blue, 3 for red. */
export function severityRank(severity: WarningSeverity): number {
  return WARNING_SEVERITIES.indexOf(severity);
}
