import type { Page } from 'playwright-core';

import { waitFor } from './wait-for.ts';

const THEMES = [
  ['zh', 'dark'],
  ['en', 'light'],
  ['zh', 'light'],
  ['en', 'dark'],
] as const;
/** A wall, a desk and a telephone. */
const SIZES = [
  [1920, 1080],
  [1280, 800],
  [390, 844],
] as const;

/**
 * Shows the page in both languages, by night and by day, in every size; it ends in English.
 *
 * @param visit hears how it is shown, e.g. `zh-dark-1920`
 */
export async function eachLook(page: Page, visit: (look: string) => Promise<void>): Promise<void> {
  for (const [language, theme] of THEMES) {
    const tag = language === 'zh' ? 'zh-CN' : 'en';
    if ((await page.getAttribute('html', 'lang')) !== tag) {
      await page.evaluate("document.querySelector('.language').click()");
    }
    await waitFor('the language', () => page.getAttribute('html', 'lang'), { until: lang => lang === tag });
    await page.emulateMedia({ colorScheme: theme });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await visit(`${language}-${theme}-${width}`);
    }
  }
}
