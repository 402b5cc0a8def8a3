import type { TextTable } from '../text/zh.ts';
import { thresholdName } from './measure-text.ts';
import { isSeverity } from './severity-name.ts';

type Sentence = (parts: readonly string[], text: TextTable) => string;

/** What the rules say of their gaps, and how the page says it. */
const SENTENCES: readonly (readonly [RegExp, Sentence])[] = [
  [/^the freeboard needs the threshold ground,/, (_, { gapDetails }) => gapDetails.freeboard],
  [
    /^(\w+) needs the threshold (.+), which is not set$/,
    ([severity = '', names = ''], text) =>
      text.gapDetails.threshold(severityText(severity, text), namesText(names, text)),
  ],
  [/^the sump has no threshold pumpStart$/, (_, { gapDetails }) => gapDetails.sumpStart],
  [/^no pump says whether it runs$/, (_, { gapDetails }) => gapDetails.noPump],
  [/^no rain gauge stands in the basin$/, (_, { gapDetails }) => gapDetails.noRain],
  [/^the outfall has no invertM$/, (_, { gapDetails }) => gapDetails.noInvert],
  [
    /^the thresholds have the datum (.+), the readings (.+)$/,
    ([own = '', readings = ''], text) =>
      text.gapDetails.datum(text.gapDetails.whoseThresholds, datumText(own, text), datumText(readings, text)),
  ],
  [
    /^the outfall has the datum (.+), the readings (.+)$/,
    ([own = '', readings = ''], text) =>
      text.gapDetails.datum(text.gapDetails.whoseOutfall, datumText(own, text), datumText(readings, text)),
  ],
  [
    /^(\d+) witnesses are asked for, and only (\d+) measure the same$/,
    ([asked = '', found = ''], { gapDetails }) => gapDetails.witnesses(asked, found),
  ],
  [/^no neighbour measures the same property$/, (_, { gapDetails }) => gapDetails.noNeighbour],
  [/^no datastream of the registry is selected$/, (_, { gapDetails }) => gapDetails.noSubject],
];

/** What a rule lacks, in the language of the page; as the rule says it where that is new to the page. */
export function gapText(detail: string, text: TextTable): string {
  for (const [pattern, sentence] of SENTENCES) {
    const match = pattern.exec(detail);
    if (match !== null) return sentence(match.slice(1), text);
  }
  return detail;
}

function severityText(name: string, { severity }: TextTable): string {
  return isSeverity(name) ? severity[name] : name;
}

function namesText(names: string, text: TextTable): string {
  return names
    .split(' or ')
    .map(name => thresholdName(name, text) ?? name)
    .join(text.gapDetails.or);
}

function datumText(name: string, { gapDetails }: TextTable): string {
  return name === 'none' ? gapDetails.none : name;
}
