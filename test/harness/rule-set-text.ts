/** The file of a rule set with one rule, `road`, that watches ponding. */
export function ruleSetText(of: { readonly version: number; readonly validFrom?: string }): string {
  return [
    `version: ${of.version}`,
    `validFrom: ${of.validFrom ?? '2020-01-01T00:00:00Z'}`,
    'rules:',
    '  - id: road',
    '    kind: ponding',
    '    name: 道路积水',
    '    nameEn: Water on a road',
    '    source: proposal',
    '    subjects: { property: ponding_depth }',
    '    timing: { offDelay: 2m }',
    '',
  ].join('\n');
}
