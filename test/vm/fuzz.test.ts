/** The pure part of the library against a plain model, in user space under ASan and UBSan. Boots nothing. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildFuzzer, Campaign } from '../fuzz/fuzzer.js';

const never = new AbortController().signal;

it('lists are what the model says, for whatever is done to them', async () => {
  await using fuzzer = await buildFuzzer(never);
  const { ok, stdout, all } = await fuzzer.run(['--seconds', '8', '--seed', '1']);
  expect(ok, all).toBe(true);
  const campaign = Campaign.parse(JSON.parse(stdout));
  // Far less than a slow host does: it has looked, and coverage has guided it.
  expect(campaign.inputs).toBeGreaterThan(200);
  expect(campaign.corpus).toBeGreaterThan(20);
});

/** Each is one slip of the pen in a copy of the library. */
const slips: [what: string, file: string, from: string, to: string][] = [
  [
    'the offset of the first chunk is forgotten',
    'lib/list.c',
    'it->cur.paddr = list->first;',
    'it->cur.paddr = it->cur.paddr;',
  ],
  ['a chunk of 1025 pages in one word', 'lib/list.c', 'if (pages <= PHYR_WORD_COUNT_MASK + 1)', 'if (pages <= 1025)'],
  ['a link that is not chained', 'lib/list.c', 'list->tail->next = node;', 'list->tail->next = NULL;'],
  ['a seek that counts from the wrong byte', 'lib/list.c', 'at = found->offset;', 'at = 0;'],
  ['a failure that leaves what it appended', 'lib/slice.c', 'phyr_chain_free(*more);', ';'],
  [
    'segments that cross the boundary',
    '../include/phyr/list.h',
    'return len - 1 > room ? room + 1 : len;',
    'return len - 1 > room ? len : len;',
  ],
  ['a range without bytes taken for a run', 'dma/iter.c', 'while (unlikely(!range->len));', 'while (0);'],
  ['an index that forgets how an iterator begins', 'lib/index.c', 'it->pos.begun = mark->at;', 'it->pos.begun = true;'],
];

it.each(slips)('finds: %s', async (_what, file, from, to) => {
  await using fuzzer = await buildFuzzer(never, async (phyr) => {
    const text = await readFile(join(phyr, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(phyr, file), text.replace(from, to));
  });
  const { ok, all } = await fuzzer.run(['--seconds', '20', '--seed', '1']);
  expect(ok).toBe(false);
  const input = /--replay ([0-9a-f]+)/.exec(all)?.[1];
  expect(input, all).toBeDefined();
  expect((await fuzzer.run(['--replay', input ?? ''])).ok).toBe(false);
});
