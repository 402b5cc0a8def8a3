import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { QUALITY } from '../../domain/model/observation.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import { eachLook } from '../harness/console-looks.ts';
import { requireServer } from '../harness/debian-servers.ts';
import { useStormConsole } from '../harness/storm-console.ts';
import { STORY } from '../harness/storm-evening.ts';
import { waitFor } from '../harness/wait-for.ts';

const chromium = requireServer('chromium');

const visit = useStormConsole(chromium);
const enter = (hash: string): Promise<Page> => visit.enter(hash);

/** What stands somewhere, with its white space made one. */
const said = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, ' ');

/** Opens the curve of a point from the list of stations. */
async function openCurve(page: Page, subject: string): Promise<void> {
  const [station = '', datastream = ''] = subject.split('/');
  visit.evening.store(subject);
  await page.fill('[type=search]', station);
  await page.locator(`[data-station="${station}"] [data-datastream="${datastream}"]`).click();
  await page.locator('.curve canvas').waitFor();
}

/** Clicks the curve where it says a time of the last three hours. */
async function pointAt(page: Page, minute: number): Promise<void> {
  const box = await page.locator('.curve .u-over').boundingBox();
  const share = 1 + (minute * MINUTE_MS) / (3 * HOUR_MS);
  await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * share, (box?.y ?? 0) + 40);
}

describe.skipIf(chromium === undefined)('why, and why not, beside a curve', { timeout: 120_000 }, () => {
  it('is said now and at a time that is pointed out: values, limits, distances', async () => {
    const page = await enter('#/');
    const t = visit.evening.application.startedAt;
    const detail = { height: 0.4, suspectThreshold: 0.15 };
    visit.evening.application.qualityTests = [{ test: 'spike', flag: QUALITY.suspect, t, detail }];
    await openCurve(page, STORY.rising);
    await page.getByRole('button', { name: '为何预警' }).click();
    const rule = page.locator('.why-rule', { hasText: '河道水位预警' });
    await rule.getByText('更高一级：').waitFor();
    await page.getByText('质量检验“尖峰”：可疑，0.400 m，允许 0.150 m').waitFor();
    await rule.getByText(/水位 36\.500 m，已达到黄色限值 [\d.]+ m/).waitFor();
    await pointAt(page, -29);
    await page.locator('.why h3', { hasText: '为何未预警' }).waitFor();
    expect(await said(page, '.why-head')).toContain('06-01 21:11:00 的情况');
    await rule.getByText(/水位 35\.100 m，低于蓝色限值 [\d.]+ m（“[^”]+”），还差 [\d.]+ m/).waitFor();
    await page.getByRole('button', { name: '回到现在' }).click();
    await rule.getByText('更高一级：').waitFor();
    await rule.getByRole('link', { name: '预警详情' }).click();
    await page.locator('.alarm-view h2', { hasText: '河道水位预警' }).waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });

  it('is found by keyboard, in English too, and never calls a blind point quiet', async () => {
    const page = await enter('#/');
    await openCurve(page, STORY.unconfirmed);
    await page.locator('.curve-canvas').focus();
    await page.keyboard.press('ArrowLeft');
    const slider = page.locator('.curve-canvas');
    await waitFor('the last reading', () => slider.getAttribute('aria-valuetext'), {
      until: text => text?.includes('0.010 m') === true,
    });
    await page.keyboard.press('Enter');
    await page.locator('.why-rules').waitFor();
    const then = await said(page, '.why-head');
    await page.keyboard.press('ArrowLeft');
    await waitFor('another time', () => said(page, '.why-head'), {
      until: text => text !== then && text.includes('的情况'),
    });
    await page.keyboard.press('End');
    const blind = page.locator('.why-rule', { hasText: '内涝' });
    await blind.getByText('失测，无法判断').waitFor();
    await blind.getByText('没有足够新的可用读数，不等于没有预警。').waitFor();
    await blind.getByText('规则回看的时段内没有可用读数。').waitFor();
    // Only late data have ended the warning: it stands, and the page says so.
    await page
      .locator('.why-rule', { hasText: '道路积水' })
      .getByText('在该测点的实时读数确认之前，预警仍然有效')
      .waitFor();
    await page.locator('.page-header .language').click();
    await page
      .getByText('No usable reading is new enough, which is not the same as no warning.')
      .first()
      .waitFor();
    await page.locator('.curve-canvas').focus();
    await page.keyboard.press('Escape');
    await page.locator('.why').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.className')).toBe('curve-ask');
    await page.keyboard.press('Escape');
    await page.locator('.curve').waitFor({ state: 'detached' });
    expect(visit.watched.complaints).toEqual([]);
  });

  it('says where it was us who did not look, and where no rule looks', async () => {
    const page = await enter('#/');
    await openCurve(page, STORY.doubtful);
    await pointAt(page, -48);
    await page
      .getByText('本系统未评估：自 06-01 20:50:00 至 06-01 20:54:00 本系统没有接收数据，原因不在站点')
      .waitFor();
    await page.getByRole('button', { name: '回到现在' }).click();
    await page.locator('.why-note').waitFor({ state: 'detached' });
    await page.locator('.why .mark', { hasText: '待核实' }).first().waitFor();
    await page.locator('.curve-ask').click();
    await page.locator('.curve-head > .curve-close').click();
    await openCurve(page, 'LG-FB-001/gate_opening');
    await page.locator('.curve-ask').click();
    await page.getByText('没有规则判断该测点：未监视，不代表正常。').waitFor();
    await page.locator('.why h3', { hasText: '为何没有结论' }).waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });
});

describe.skipIf(chromium === undefined)('the page of a station', { timeout: 120_000 }, () => {
  const [station = ''] = STORY.drowned.split('/');

  it('counts the minutes of a day, each once, for every rule and point', async () => {
    const page = await enter('#/');
    await page.fill('[type=search]', station);
    await page.locator(`[data-station="${station}"] .station-name`).click();
    await page.locator('.watched-table').waitFor();
    expect(new URL(page.url()).hash).toBe(`#/stations/${station}`);
    const row = page.locator('[data-point$="/ponding_depth"] [data-rule="ponding-road"]');
    const numbers = async (): Promise<readonly number[]> =>
      (await row.locator('td.number').allInnerTexts()).map(text => Number(text.replace(',', '')));
    // Until 21:40 an own outage of four minutes and a few minutes of readings; all else was blind.
    const [evaluated = 0, later, blind = 0, byUs, notJudged, ahead, total] = await numbers();
    expect([later, byUs, notJudged, ahead, total]).toEqual([0, 4, 0, 140, 1_440]);
    expect(evaluated).toBeGreaterThan(3);
    expect(evaluated + blind).toBe(1_440 - 144);
    expect(await row.locator('.watched-bar .minutes').count()).toBe(4);
    await page.getByText('没有规则监视：').waitFor();

    await page.getByRole('button', { name: '前一天' }).click();
    await waitFor('the day before', numbers, { until: ([, , dark]) => dark === 1_440 });
    expect(await page.inputValue('[name=watched-day]')).toBe('2026-05-31');
    await page.fill('[name=watched-day]', '2026-06-01');
    await waitFor('today', numbers, { until: ([seen]) => seen === evaluated });
    expect(await page.getByRole('button', { name: '后一天' }).isDisabled()).toBe(true);
    await page.locator('.page-header .language').click();
    expect(await said(page, '.watched-legend')).toContain('not evaluated because of us');
    expect(visit.watched.complaints).toEqual([]);
  });

  it('has its values, its warnings, and an address of its own', async () => {
    const page = await enter(`#/stations/${station}`);
    await page.locator('.view h2', { hasText: '深惠路荷坳积水点' }).waitFor();
    await page.locator('.view .alarm', { hasText: '待核实' }).first().waitFor();
    visit.evening.store(STORY.drowned);
    await page.locator('.station-values [data-datastream="ponding_depth"]').click();
    await page.locator('.curve canvas').waitFor();
    await page.evaluate("location.hash = '#/stations/NOBODY'");
    await page.getByText('没有这个站点，或当前角色不可见。').waitFor();
    await page.getByRole('link', { name: '返回站点列表' }).click();
    await page.locator('[data-station]').first().waitFor();
    // How blind each basin is stands beside its counts.
    await page.locator('.basins td[title*="个失测"]').first().waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });
});

it.skipIf(chromium === undefined)(
  'both are whole in both languages, by night and by day, on a wall, a desk and a telephone',
  { timeout: 120_000 },
  async () => {
    const [station = ''] = STORY.drowned.split('/');
    const page = await enter('#/');
    visit.evening.store(STORY.rising);
    await eachLook(page, async name => {
      await page.evaluate(`location.hash = '#/stations/${station}'`);
      await page.locator('.watched-table').waitFor();
      await visit.watched.picture(`${name}-station`);
      await page.locator('.watched-table').scrollIntoViewIfNeeded();
      await page.evaluate("document.querySelector('.watched').scrollIntoView()");
      await visit.watched.picture(`${name}-watched`);
      const overflow = await page.evaluate(
        "[document.documentElement, document.querySelector('.view')].map(e => e.scrollWidth - e.clientWidth)",
      );
      expect([name, overflow]).toEqual([name, [0, 0]]);
      await page.evaluate("location.hash = '#/stations/LG-RV-001'");
      await page.locator('.station-values [data-datastream="water_level"]').click();
      await page.locator('.curve canvas').waitFor();
      await pointAt(page, -1);
      await page.locator('.why-rule').first().waitFor();
      await visit.watched.picture(`${name}-why`);
      await page.locator('.why-rule summary').last().click();
      await page.locator('.why-rule .facts').last().scrollIntoViewIfNeeded();
      await visit.watched.picture(`${name}-figures`);
      const sideways = await page.evaluate(
        "(e => e.scrollWidth - e.clientWidth)(document.querySelector('.why-body'))",
      );
      expect([name, sideways]).toEqual([name, 0]);
    });
    expect(visit.watched.complaints).toEqual([]);
  },
);
