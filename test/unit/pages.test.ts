/** The pages of documentation: the README stays short, and every link leads somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const pages = execFileSync('git', ['ls-files', '--', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** As GitHub makes them of headings. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('says in the README what the project is in at most 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150);
});

it('leads somewhere with every link', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(([link, file = '', anchor]) => {
      const target = file === '' ? page : join(dirname(page), file);
      const there = existsSync(join(root, target)) && (anchor === undefined || anchors(target).includes(anchor));
      return there ? [] : [`${page}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});
