import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { eachLook } from '../harness/console-looks.ts';
import { requireServer } from '../harness/debian-servers.ts';
import { FakeAlarms } from '../harness/fake-alarms.ts';
import { useStormConsole } from '../harness/storm-console.ts';
import { STORY } from '../harness/storm-evening.ts';
import { waitFor } from '../harness/wait-for.ts';

const chromium = requireServer('chromium');

const visit = useStormConsole(chromium);
const enter = (hash: string): Promise<Page> => visit.enter(hash);

/** Lets the stream tell what has changed. */
function pass(): void {
  visit.evening.application.nowMs += 1_000;
  visit.probe.clock.advance(1_000);
}

/** What the rows of the list say, each with its white space made one. */
const rows = async (page: Page): Promise<readonly string[]> =>
  (await page.locator('.alarm').allInnerTexts()).map(text => text.replaceAll(/\s+/g, ' '));

const idOf = (rule: string, subject: string): string =>
  [...visit.evening.alarms.board().values()].find(
    ({ episode }) => episode.rule === rule && episode.subject === subject,
  )?.id ?? '';

describe.skipIf(chromium === undefined)('warnings on the page', { timeout: 120_000 }, () => {
  it('stand in the order of their severity, with words for all that colour says, in both languages', async () => {
    const page = await enter('#/alarms');
    await page.locator('.alarm').first().waitFor();
    const zh = await rows(page);
    expect(zh.map(text => text.split(' ')[0])).toEqual(['红色', '橙色', '黄色', '黄色', '黄色', '蓝色']);
    expect(zh[0]).toContain('道路积水 深惠路荷坳积水点 · 积水深度 LG-PD-001 龙岗河流域');
    expect(zh[0]).toContain('开始 06-01 21:17:00 持续 23 分钟 极值 0.470 m');
    expect(zh[1]).toContain('内涝 待核实');
    expect(zh[2]).toContain('极值 0.500 m 30 分钟涨幅');
    expect(zh[4]).toContain('道路积水 待实时读数确认');
    expect(zh[5]).toContain('道路积水 待核实 四联路口积水点');
    await page.getByText('19 条规则在监视').waitFor();
    await page.locator('.severity-count[data-severity=yellow]').click();
    await page.getByText('显示 3 / 6 条').waitFor();
    expect(await page.locator('.alarm').count()).toBe(3);
    await page.getByRole('button', { name: '清除筛选' }).click();
    await page.locator('.page-header .language').click();
    const en = await rows(page);
    expect(en[0]).toContain("Red Water on a road Ponding point Shenhui Road, He'ao · ponding depth");
    expect(en[1]).toContain('to verify');
    expect(en[4]).toContain('awaiting confirmation by a live reading');
    expect(visit.watched.complaints).toEqual([]);
    expect(visit.watched.strayRequests).toEqual([]);
  });

  it('come, rise and go with the stream, without a reload, and are told to a screen reader', async () => {
    const page = await enter('#/alarms');
    await page.locator('.alarm').nth(5).waitFor();
    const row = page.locator(`[data-alarm="${idOf('river-stage', STORY.rising)}"]`);
    expect(await row.getAttribute('data-severity')).toBe('yellow');
    for (const [index, v] of [36.95, 36.97].entries())
      visit.evening.read(STORY.rising, { minute: index + 1, v });
    pass();
    await waitFor('red', () => row.getAttribute('data-severity'), { until: severity => severity === 'red' });
    // The other red one began later.
    expect((await rows(page))[1]).toContain('红色 河道水位预警');
    await row.locator('a').click();
    // Two readings in a row begin a warning; a step up of it needs one.
    await page.locator('.step tr', { hasText: '连续读数' }).getByText('升级时不要求').first().waitFor();
    await page.goBack();

    const fresh = 'LG-PD-006/ponding_depth';
    visit.evening.read(fresh, { minute: 3, v: 0.3 });
    visit.evening.application.nowMs += 180_000;
    pass();
    await page
      .locator(`[data-alarm="${idOf('ponding-road', fresh)}"]`)
      .getByText('新', { exact: true })
      .waitFor();
    await page.locator('[role=status]', { hasText: '新的预警：橙色 道路积水' }).waitFor();
    await waitFor('the title', () => page.title(), { until: title => title === '(7) 水务值守' });

    for (let minute = 4; minute < 16; minute += 1) visit.evening.read(fresh, { minute, v: 0 });
    pass();
    await waitFor('it to go', () => page.locator('.alarm').count(), { until: count => count === 6 });
    expect(visit.watched.complaints).toEqual([]);
  });

  it('say why they are in plain words, under an address of their own, worked by keyboard', async () => {
    const id = idOf('ponding-road', STORY.drowned);
    const page = await enter('#/alarms');
    const link = page.locator(`[data-alarm="${id}"] a`);
    await link.focus();
    await page.keyboard.press('Enter');
    await page.locator('.step').first().waitFor();
    expect(new URL(page.url()).hash).toBe(`#/alarms/${id}`);
    const focused = () => page.evaluate('document.activeElement.textContent');
    await waitFor('the focus on the heading', focused, { until: text => text === '道路积水' });
    const view = page.locator('.alarm-view');
    const said = async (): Promise<string> => (await view.innerText()).replaceAll(/\s+/g, ' ');
    expect(await said()).toContain('红色 积水深度 0.420 m，达到或超过限值 0.400 m');
    expect(await said()).toContain('预警已在持续，06-01 21:21:00 的读数满足更高一级，当即升级。');
    expect(await said()).toContain('起决定作用的读数：积水深度，06-01 21:21:00，0.420 m。');
    expect(await said()).toContain('它于 06-01 21:21:02 收到，晚 2 秒，在 10 分钟的实时时限之内：实时。');
    expect(await said()).toContain('规则集 1 · 登记信息 1');
    expect(await said()).toContain('2026-06-01 21:17:02 蓝色 产生；发布 蓝色 实时');
    await page.locator('.page-header .language').click();
    expect(await said()).toContain('Red ponding depth 0.420 m, at or above the limit 0.400 m');
    expect(await said()).toContain('2 s after its time and so within the live window of 10 min: live.');

    // The address leads there by itself, for whoever is told of it.
    await page.reload();
    await page.locator('.step').first().waitFor();
    await page.getByRole('link', { name: 'Back to the warnings' }).click();
    await page.locator('.alarm').first().waitFor();
    await page.goBack();
    await page.locator('.step').first().waitFor();
    await page.getByRole('button', { name: 'Curve' }).click();
    await page.locator('.curve .point-alarms', { hasText: 'Waterlogging' }).waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });

  it('say of each what speaks for it: silence, suspect readings, our own outage, lateness', async () => {
    const page = await enter(`#/alarms/${idOf('waterlogging', STORY.drowned)}`);
    const view = page.locator('.alarm-view');
    await view.getByText('待核实：测点在上升途中失测，没有读数证实。').waitFor();
    await view.getByText('由失测判定：积水深度 自 06-01 21:22:00 起没有读数').waitFor();
    const open = (id: string): Promise<unknown> => page.evaluate(`location.hash = '#/alarms/${id}'`);
    await open(idOf('ponding-road', STORY.doubtful));
    await view.getByText('待核实：达到限值的只有可疑读数。').waitFor();
    await view
      .getByText('本系统自 06-01 20:50:00 至 06-01 20:54:00 没有接收（4 分钟），不算站点失测')
      .waitFor();
    const past = await visit.evening.alarms.list({ limit: 100 });
    const late = past.find(
      ({ episode }) => episode.rule === 'river-stage' && episode.subject === STORY.retroactive,
    );
    await open(late?.id ?? '');
    await view.getByText('超出 10 分钟的实时时限：追溯').first().waitFor();
    await view.getByText('该级从未实时发布。').first().waitFor();
    await open('nothing.of.the.kind');
    await page.getByText('没有这个预警，或当前角色不可见。').waitFor();
    // The browser itself notes what was not found; it is the only thing it may complain of.
    expect(visit.watched.complaints.filter(text => !text.includes('404'))).toEqual([]);
  });

  it('are kept in a record, with what was withdrawn, and as it was known before', async () => {
    const page = await enter('#/record');
    await page.locator('.alarm').nth(7).waitFor();
    expect((await rows(page)).filter(text => text.includes('追溯'))).toHaveLength(1);
    await page.selectOption('.filters select', 'withdrawn');
    await waitFor('those withdrawn', () => rows(page), { until: ({ length }) => length === 1 });
    expect((await rows(page))[0]).toContain('橙色 道路积水 已撤销');
    await page.fill('[name=known-at]', '2026-06-01T18:30');
    await page.getByText('该条件下没有预警记录。').waitFor();
    await page.selectOption('.filters select', '');
    await page.locator('.alarm').waitFor();
    expect((await rows(page))[0]).toContain('道路积水 现为蓝色 后来：已撤销');
    expect((await rows(page))[0]).toContain('持续 9 分钟');
    expect(visit.watched.complaints).toEqual([]);
  });

  it('when there are none, never say that all is well: which rules watch, and what they lack', async () => {
    visit.evening.alarms.board = () => new Map();
    const page = await enter('#/alarms');
    await page.getByText('当前没有现行预警。').waitFor();
    await page.getByText('19 条规则在监视 138 个测点').waitFor();
    await page.getByText('300 个测点中 162 个没有规则监视').waitFor();
    await page.getByText('17 处缺口').waitFor();
    await page.locator('.rule-names', { hasText: '河道水位预警' }).waitFor();
    await page.getByRole('link', { name: '查看规则与缺口' }).click();
    const gap = page.locator('tr', { hasText: '丁山河年丰水位站 · 水位' }).filter({ hasText: '红色' });
    expect(await gap.innerText()).toContain('红色级需要阈值“堤（坝）顶”或“历史最高”，尚未设置');
    // Nothing of what the rules lack is told in another language than that of the page.
    const details = await page.locator('td[data-label="具体"]').allInnerTexts();
    expect(details).toHaveLength(17);
    expect(details.filter(text => /[a-z]{4}/i.test(text))).toEqual([]);
    visit.evening.application.alarms = new FakeAlarms();
    await page.evaluate("location.hash = '#/alarms'");
    await page.getByText('没有任何规则在监视：没有预警不代表正常。').waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });

  it('stand beside the data axis of their station, which leads to them', async () => {
    const page = await enter('#/');
    const drowned = page.locator('[data-station="LG-PD-001"]');
    await drowned.getByText('红色预警').waitFor();
    await drowned.getByText('失测 1/2').waitFor();
    expect(await page.locator('.row').first().getAttribute('data-station')).toBe('LG-PD-001');
    const level = drowned.locator('[data-datastream="ponding_depth"]');
    expect(await level.getAttribute('aria-label')).toContain('红色预警');
    await page.fill('[type=search]', 'LG-FB-001');
    await page.locator('[data-station="LG-FB-001"]').getByText('未监视').waitFor();
    await page.fill('[type=search]', 'LG-PD-001');
    await level.click();
    await page.locator('.curve .point-alarms a').first().click();
    await page.locator('.alarm-view h2', { hasText: '道路积水' }).waitFor();
    expect(visit.watched.complaints).toEqual([]);
  });

  it('are whole in both languages, by night and by day, on a wall, a desk and a telephone', async () => {
    const page = await enter('#/alarms');
    const places = {
      alarms: '#/alarms',
      record: '#/record',
      rules: '#/rules',
      why: `#/alarms/${idOf('ponding-road', STORY.drowned)}`,
    };
    await eachLook(page, async look => {
      for (const [name, hash] of Object.entries(places)) {
        await page.evaluate(`location.hash = '${hash}'`);
        await page
          .locator(name === 'why' ? '.step' : name === 'rules' ? '.facts' : '.alarm')
          .first()
          .waitFor();
        await visit.watched.picture(`${look}-${name}`);
        const overflow = await page.evaluate(
          "[document.documentElement, document.querySelector('.view')].map(e => e.scrollWidth - e.clientWidth)",
        );
        expect([look, name, overflow]).toEqual([look, name, [0, 0]]);
      }
    });
    expect(visit.watched.complaints).toEqual([]);
  });
});
