import { documentedOptions } from '../config/documented-options.ts';
import { openApiDocument } from '../http/openapi.ts';
import { configPage } from './config-page.ts';
import { errorsPage, ledgerReasonsPage, observedPropertiesPage, topicsPage } from './domain-pages.ts';
import { httpPage, metricsPage } from './http-page.ts';

/** Every generated page by its file name under docs/reference. Pure: the same code gives the same bytes. */
export function referencePages(version: string): ReadonlyMap<string, string> {
  return new Map([
    ['config.md', configPage(documentedOptions())],
    ['topics.md', topicsPage()],
    ['observed-properties.md', observedPropertiesPage()],
    ['errors.md', errorsPage()],
    ['metrics.md', metricsPage()],
    ['http.md', httpPage()],
    ['ledger-reasons.md', ledgerReasonsPage()],
    ['openapi.json', `${JSON.stringify(openApiDocument(version), null, 2)}\n`],
  ]);
}
