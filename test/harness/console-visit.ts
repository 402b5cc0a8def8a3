import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Browser } from 'playwright-core';

import { SYSTEM_PRINCIPAL } from '../../server/application.ts';
import { openPage } from './browser.ts';
import type { WatchedPage } from './browser.ts';
import type { FakeApplication } from './fake-application.ts';
import { startHttpProbe } from './http-probe.ts';
import type { HttpProbe } from './http-probe.ts';

const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url));
const PASSWORD = 'a password of li';

/** Serves the built page before an application; `li` of the duty desk may log in. */
export async function serveConsole(application: FakeApplication): Promise<HttpProbe> {
  if (!existsSync(BUILT)) throw new Error('The page is not built: run npm run build.');
  const user = { name: 'li', displayName: '李伟', role: 'duty', organisation: 'district' } as const;
  await application.accounts.addUser(SYSTEM_PRINCIPAL, { ...user, password: PASSWORD });
  return await startHttpProbe(application, { consoleFolder: BUILT });
}

/** Asks for a place of the page, logs in as `li`, and is there. */
export async function enterConsole(browser: Browser, origin: string, hash: string): Promise<WatchedPage> {
  const watched = await openPage(browser, origin, { viewport: { width: 1280, height: 800 } });
  const { page } = watched;
  await page.evaluate(`location.hash = '${hash}'`);
  await page.fill('[name=user]', 'li');
  await page.fill('[name=password]', PASSWORD);
  await page.press('[name=password]', 'Enter');
  await page.waitForSelector('.places');
  return watched;
}
