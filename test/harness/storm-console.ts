import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { startBrowser } from './browser.ts';
import type { WatchedPage } from './browser.ts';
import { enterConsole, serveConsole } from './console-visit.ts';
import type { HttpProbe } from './http-probe.ts';
import { StormEvening } from './storm-evening.ts';

/** The page of a storm evening, begun anew for each test and looked at in one browser. */
export class StormConsole {
  evening!: StormEvening;
  probe!: HttpProbe;
  watched!: WatchedPage;
  browser!: Browser;

  /** Logs in as `li` of the duty desk at a place of the page. */
  async enter(hash: string): Promise<Page> {
    this.watched = await enterConsole(this.browser, this.probe.url, hash);
    return this.watched.page;
  }
}

/** Registers what every test of the file begins and ends with; without Chromium nothing. */
export function useStormConsole(chromium: string | undefined): StormConsole {
  const visit = new StormConsole();
  if (chromium === undefined) return visit;
  beforeAll(async () => {
    visit.browser = await startBrowser(chromium);
  });
  afterAll(() => visit.browser.close());
  beforeEach(async () => {
    visit.evening = await StormEvening.begin();
    visit.probe = await serveConsole(visit.evening.application);
  });
  afterEach(async () => {
    await visit.watched.page.context().close();
    await visit.probe.server.stop();
  });
  return visit;
}
