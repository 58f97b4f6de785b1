/** What ends a build in which a failure could no longer be injected: guest/plants/tree/phyr/wrapped.sh, with an nm of our own. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { guestFolder } from '../../../src/images/sources.js';
import { temporaryDir } from './fixtures.js';

const SCRIPT = path.join(guestFolder, 'plants/tree/phyr/wrapped.sh');

/** `wraps` is what fail.o defines a wrapper for, `calls` what the other objects have from elsewhere. */
function check(wraps: string[], calls: string[]): { code: number | null; said: string } {
  const folder = temporaryDir();
  const nm = path.join(folder, 'nm');
  const defined = wraps.map((name) => `0000000000000010 T __wrap_${name}\n0000000000000000 T __pfx___wrap_${name}`);
  const undefinedOnes = calls.map((name) => `                 U ${name}`);
  const list = (lines: string[]) => `cat <<'END'\n${lines.join('\n')}\nEND`;
  const script = `case $1 in\n-u)\n${list(undefinedOnes)}\n;;\n*)\n${list(defined)}\n;;\nesac\n`;
  writeFileSync(nm, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const { status, stderr } = spawnSync('sh', [SCRIPT, nm, 'phyr/fail.o', 'phyr/a.o'], { encoding: 'utf8' });
  return { code: status, said: stderr };
}

it('each wrapper is called, and each call that can fail has one', () => {
  expect(
    check(['kfree', 'iommu_map'], ['kfree', 'iommu_map', 'mutex_lock', 'is_vmalloc_addr', 'dma_unmap_phys']),
  ).toEqual({
    code: 0,
    said: '',
  });
});

it('a wrapper that nothing calls ends the build', () => {
  const { code, said } = check(['__kmalloc_noprof', 'kfree'], ['kfree']);
  expect(code).toBe(1);
  expect(said).toBe('phyr/fail.c:1: error: it wraps __kmalloc_noprof, which phyr.ko does not call with this kernel\n');
});

it.each([
  ...['__kmalloc_large_noprof', 'vmalloc_noprof', 'dma_map_resource', 'dma_map_sg_attrs', 'iommu_map_nosync'],
  ...['dma_iova_link', 'dma_alloc_pages', 'pin_user_pages_remote', 'sg_alloc_table_from_pages_segment'],
])('a call of %s without a wrapper ends it', (name) => {
  const { code, said } = check(['kfree'], ['kfree', name]);
  expect(code).toBe(1);
  expect(said).toBe(`phyr/fail.c:1: error: phyr.ko calls ${name}, which can fail, and nothing wraps it\n`);
});
