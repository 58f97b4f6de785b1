/** The report as a person meets it: in a browser, with the keyboard, on a telephone, in the dark. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shortLine } from '../../src/model/index.js';
import { cellsOf, failure, HOSTILE, inputOf, recordsOf, Watched } from './pages.js';
import { launch, type OwnBrowser } from './support/chromium.js';

let own: OwnBrowser;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  own = await launch();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => own[Symbol.asyncDispose]());

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const TELEPHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

async function newPage(options: BrowserContextOptions = DESKTOP): Promise<Watched> {
  const context = await own.browser.newContext(options);
  closing.push(() => context.close());
  return new Watched(await context.newPage());
}

const smoke = cellsOf('smoke');
const fine = inputOf(
  smoke,
  recordsOf(smoke, () => ({})),
);
/** Every cell of phyr8 on VT-d strict, which alone cannot tell address from text. */
const isBad = (id: string) => /^vtd-strict\/.*\/phyr8$/.test(id);
const badIds = smoke.map(({ id }) => id).filter(isBad);
const failing = inputOf(
  smoke,
  recordsOf(smoke, ({ id }, at) => (isBad(id) ? failure(`BUG: KASAN: use-after-free at 0xffff${at} ${HOSTILE}`) : {})),
  {
    excerpts: new Map([
      [badIds[0] ?? '', { file: 'boots/0-x/console.log', from: 7, left: 2, lines: ['noise', `BUG: ${HOSTILE}`] }],
    ]),
    notices: [HOSTILE],
  },
);

const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

describe('a run in which all passed', () => {
  it('says so, draws its matrix, and asks the network for nothing', async () => {
    const watched = await newPage();
    const { url } = await watched.show(own.folder, fine);
    expect(await text(watched.page, '.counts')).toMatch(/0 failed\s+27 passed/);
    expect(await watched.page.locator('#causes').isVisible()).toBe(false);
    expect(await watched.page.locator('.matrix .place').count()).toBe(27);
    expect(await watched.page.title()).toBe(`27 passed · phyrlab ${fine.recorded.run.id}`);
    await watched.page.locator('.place').first().click();
    await watched.page.keyboard.press('Escape');
    expect(watched.troubles).toEqual([]);
    expect(watched.requests.filter((one) => one !== url && !one.startsWith('data:'))).toEqual([]);
  });

  it('is a table for whom it is read to', async () => {
    const { page, ...watched } = await newPage();
    await new Watched(page).show(own.folder, fine);
    const snapshot = await page.locator('#matrix').ariaSnapshot();
    expect(snapshot).toContain('grid "machines against workloads"');
    expect(snapshot).toContain('rowheader "no-iommu switch"');
    expect(snapshot).toContain('columnheader "crosscheck"');
    expect(snapshot).toContain('button "passed: no-iommu/switch/crosscheck/sg"');
    expect(watched.troubles).toEqual([]);
  });
});

describe('a run in which something failed', () => {
  it('has the cause, its evidence and the command above the fold', async () => {
    const { page } = await newPage();
    await new Watched(page).show(own.folder, failing);
    const card = page.locator('.cause');
    expect(await card.count()).toBe(1);
    expect(await card.locator('.many').innerText()).toBe(`${badIds.length} cells`);
    expect(await card.locator('.where').innerText()).toMatch(/backend\s+phyr8 · passes with sg, iova/);
    expect(await card.locator('.command code').innerText()).toBe(`npx phyrlab run '${badIds[0]}' --seed 1`);
    for (const part of ['.finding', '.console pre', '.command']) {
      const box = await card.locator(part).first().boundingBox();
      expect((box?.y ?? Number.NaN) + (box?.height ?? 0)).toBeLessThan(900);
    }
  });

  it('shows what a guest said as text, wherever it shows it', async () => {
    const watched = await newPage();
    await watched.show(own.folder, failing);
    const { page } = watched;
    await page.locator('.cause .cell-link').first().click();
    // Chromium lays out U+2028 as a space.
    const seen = HOSTILE.replace('\u2028', '').split(/\s+/);
    for (const place of [
      '.notices',
      '.cause .finding',
      '.cause .console',
      '.list .says',
      'dialog .oracles',
      'dialog .console',
    ])
      for (const word of seen) expect(await page.locator(place).first().textContent(), place).toContain(word);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.title()).not.toBe('owned');
    expect(watched.troubles).toEqual([]);
  });

  it('would run no script that got in all the same, and load no picture', async () => {
    const watched = await newPage();
    const { url } = await watched.show(own.folder, fine);
    const { page } = watched;
    await page.evaluate(
      (markup) => document.body.insertAdjacentHTML('beforeend', markup),
      HOSTILE.replace('</script>', ''),
    );
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = "document.title = 'owned'";
      document.body.append(script);
      const far = document.createElement('img');
      far.src = new URL('far.png', location.href).href;
      document.body.append(far);
    });
    await page.waitForTimeout(200);
    expect(await page.title()).not.toBe('owned');
    expect(watched.troubles.length).toBeGreaterThan(0);
    for (const trouble of watched.troubles) expect(trouble).toContain('Content Security Policy');
    expect(watched.requests.filter((one) => one !== url && !watched.refused.includes(one))).toEqual([]);
    expect(watched.refused).toHaveLength(2);
  });

  it('opens a cell named in the address, with what every oracle saw and its place in the PCI tree', async () => {
    const watched = await newPage();
    const { url } = await watched.show(own.folder, failing);
    const { page } = watched;
    await page.goto('about:blank');
    await page.goto(`${url}#cell=${encodeURIComponent(badIds[0] ?? '')}`);
    expect(await text(page, '#cell-title')).toBe(badIds[0]);
    expect(await text(page, 'dialog .oracles')).toMatch(/kernel-log\s+✕ objects[\s\S]*workload\s+✓ agrees/);
    expect(await text(page, 'dialog .tree')).toContain('dut: NVMe of');
    expect(await text(page, 'dialog .console')).toContain(
      'boots/0-x/console.log, from line 7; 2 more lines in the file',
    );
  });
});

describe('with the keyboard', () => {
  it('/ filters, arrows walk in the matrix, Enter opens a cell, n goes on, Escape comes back', async () => {
    const watched = await newPage();
    await watched.show(own.folder, failing);
    const { page } = watched;
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);
    await page.keyboard.press('/');
    expect(await focused()).toBe('search');
    await page.keyboard.type('crosscheck vtd-s');
    await expect.poll(() => text(page, '#shown')).toBe('3 of 27 cells');
    await page.keyboard.press('Tab'); // failed
    await page.keyboard.press('Tab'); // passed
    await page.keyboard.press('Space');
    await expect.poll(() => text(page, '#shown')).toBe('1 of 27 cells');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab'); // rows
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('passed: vtd-strict/switch/crosscheck/sg');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('passed: vtd-strict/switch/crosscheck/iova');
    await page.keyboard.press('End');
    expect(await focused()).toBe('failed: vtd-strict/switch/crosscheck/phyr8');
    await page.keyboard.press('Enter');
    expect(await page.locator('dialog').evaluate((dialog: HTMLDialogElement) => dialog.open)).toBe(true);
    expect(await text(page, '#cell-title')).toBe('vtd-strict/switch/crosscheck/phyr8');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog').evaluate((dialog: HTMLDialogElement) => dialog.open)).toBe(false);
    expect(await focused()).toBe('failed: vtd-strict/switch/crosscheck/phyr8');
    await page.locator('.list .cell-link').first().focus();
    await page.keyboard.press('Enter');
    const first = await text(page, '#cell-title');
    await page.keyboard.press('n');
    expect(await text(page, '#cell-title')).not.toBe(first);
    await page.keyboard.press('p');
    expect(await text(page, '#cell-title')).toBe(first);
    expect(watched.troubles).toEqual([]);
  });

  it('the matrix is one stop for the Tab key, and the one with the focus is to be seen', async () => {
    const { page } = await newPage();
    await new Watched(page).show(own.folder, fine);
    expect(await page.locator('.matrix').first().locator('button[tabindex="0"]').count()).toBe(1);
    await page.locator('#rows').focus();
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe('solid');
  });
});

describe('light and dark', () => {
  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it('follow the system, and the button', async () => {
    const dark = await newPage({ ...DESKTOP, colorScheme: 'dark' });
    await dark.show(own.folder, fine);
    const night = await background(dark.page);
    const light = await newPage({ ...DESKTOP, colorScheme: 'light' });
    await light.show(own.folder, fine);
    const day = await background(light.page);
    expect(day).not.toBe(night);
    const button = light.page.locator('#theme');
    await button.click();
    expect([await button.innerText(), await background(light.page)]).toEqual(['theme: light', day]);
    await button.click();
    expect([await button.innerText(), await background(light.page)]).toEqual(['theme: dark', night]);
    await light.page.reload();
    expect(await background(light.page)).toBe(night);
  });

  it.each(['light', 'dark'] as const)('%s has enough contrast for what is read', async (colorScheme) => {
    const { page } = await newPage({ ...DESKTOP, colorScheme });
    await new Watched(page).show(own.folder, failing);
    const poor = await page.evaluate(poorContrast);
    expect(poor).toEqual([]);
  });
});

describe('on a telephone', () => {
  it.each([
    ['all passed', fine],
    ['failures', failing],
  ])('nothing is wider than the screen: %s', async (_, input) => {
    const { page } = await newPage(TELEPHONE);
    await new Watched(page).show(own.folder, input);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(390);
    await page.locator('.list .cell-link').first().click();
    expect(await page.locator('dialog').evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth)).toBe(0);
    expect(await width()).toBe(390);
  });

  it('the list of cells is a table all the same, for whom it is read to', async () => {
    const { page } = await newPage(TELEPHONE);
    await new Watched(page).show(own.folder, failing);
    const rows = await page.locator('#cell-list').ariaSnapshot();
    expect(rows).toContain(`cell "${badIds[0]}"`);
    await page.locator('.list .cell-link').first().click();
    expect(await page.locator('dialog .oracles').ariaSnapshot()).toMatch(/rowheader "kernel-log"\n +- cell "objects"/);
  });

  it('a finger finds a cell of the matrix', async () => {
    const { page } = await newPage(TELEPHONE);
    await new Watched(page).show(own.folder, fine);
    const box = await page.locator('.place').first().boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
  });
});

describe('a large run', () => {
  it.each([2000, 8000])('of %i cells is drawn, filtered and walked', async (count) => {
    const cells = cellsOf('nightly', count);
    const records = recordsOf(cells, ({ plant }, at) =>
      at % 97 === 5 && plant === undefined ? failure(`WARNING: case ${at % 5 === 0 ? 'a' : 'b'}`) : {},
    );
    const watched = await newPage();
    const { bytes, ms } = await watched.show(own.folder, inputOf(cells, records));
    const { page } = watched;
    const failed = records.filter(({ verdict }) => verdict === 'fail').length;
    expect(await text(page, '.counts')).toContain(`${failed} failed`);
    expect(await page.locator('.cause').count()).toBe(2);
    const timed = async (what: () => Promise<unknown>) => {
      const started = performance.now();
      await what();
      return `${(performance.now() - started).toFixed(0)} ms`;
    };
    const rows = await timed(() => page.locator('#rows').selectOption('topology'));
    const places = await page.locator('.place').count();
    expect(places).toBe(cells.length);
    const filter = await timed(async () => {
      await page.locator('#search').fill('vtd-strict/');
      await expect.poll(() => text(page, '#shown')).not.toContain(`${cells.length.toLocaleString('en-US')} of`);
    });
    await page.locator('#search').fill('no such cell');
    await expect.poll(() => text(page, '#cell-list')).toBe('No cell matches the filter.');
    await page.locator('#search').fill('');
    await expect.poll(() => page.locator('.place').count()).toBe(cells.length);
    const all = await timed(() => page.locator('#cell-list > button').click());
    expect(await page.locator('.list tbody tr').count()).toBe(cells.length);
    console.log(
      `${cells.length} cells: ${(bytes / 2 ** 20).toFixed(2)} MiB, drawn in ${ms.toFixed(0)} ms, all rows ${rows}, filter ${filter}, whole list ${all}`,
    );
    expect(watched.troubles).toEqual([]);
  });
});

describe('a run in which everything went wrong, each time otherwise', () => {
  // Each detail as long as it may be. All of it was laid out at once: with five thousand causes that took a browser 17 s on a busy host.
  const cells = cellsOf('nightly', 1000);
  const detail = (at: number) =>
    shortLine(`BUG: ${String.fromCharCode(97 + (at % 26), 97 + ((at / 26) % 26), 97 + at / 676)} ${'x'.repeat(1000)}`);
  const wrong = inputOf(
    cells,
    recordsOf(cells, ({ plant }, at) => (plant === undefined ? failure(detail(at)) : {})),
  );

  it('shows a page of its causes and of its cells, the rest when it is asked for', async () => {
    expect(wrong.causes.length).toBeGreaterThan(900);
    const watched = await newPage();
    await watched.show(own.folder, wrong);
    const { page } = watched;
    expect(await page.locator('.cause').count()).toBe(25);
    expect(await page.locator('.list tbody tr').count()).toBe(25);
    const shownText = await page.evaluate(() => document.body.innerText.length);
    expect(shownText).toBeLessThan(100_000);
    const more = page.locator('#cause-list > button');
    expect(await more.innerText()).toBe(`show ${wrong.causes.length - 25} more`);
    await more.click();
    expect(await page.locator('.cause').count()).toBe(wrong.causes.length);
    expect(await more.isVisible()).toBe(false);
    await page.locator('.cause summary').last().click();
    expect(await page.locator('.cause[open] .command').last().isVisible()).toBe(true);
    expect(watched.troubles).toEqual([]);
  });
});

/** Texts whose colour differs too little from what is behind them (WCAG AA: 4.5 to 1). */
function poorContrast(): string[] {
  const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = parse(colour).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element): string => {
    const { backgroundColor } = getComputedStyle(element);
    const [, , , alpha = 1] = parse(backgroundColor);
    return alpha === 0 && element.parentElement ? behind(element.parentElement) : backgroundColor;
  };
  const poor = new Set<string>();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    if (!own || element.closest('svg, script, noscript, dialog, :disabled') || element.getClientRects().length === 0)
      continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}
