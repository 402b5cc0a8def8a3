import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const SCREENSHOTS = fileURLToPath(new URL('../../test-results', import.meta.url));

/** A page of a real browser, and what it did beside showing something. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions nobody caught. */
  readonly complaints: string[];
  /** Requests to anywhere else than the server. */
  readonly strayRequests: string[];
  /** Writes a picture for people into `test-results/`. */
  readonly picture: (name: string) => Promise<void>;
}

/**
 * Starts Chromium without a screen.
 *
 * @param program the program, from `requireServer('chromium')`
 */
export async function startBrowser(program: string): Promise<Browser> {
  // Chromium refuses its own sandbox for root, and there is no graphics card to draw with.
  const args = ['--no-sandbox', '--enable-unsafe-swiftshader'];
  return await chromium.launch({ executablePath: program, args });
}

/** Opens a page in a browser profile of its own. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const strayRequests: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`)) strayRequests.push(request.url());
  });
  await page.goto(origin);
  return {
    page,
    complaints,
    strayRequests,
    picture: async name => {
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    },
  };
}
