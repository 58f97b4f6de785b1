/** What is asked of every model in the list, and that nobody asks for one by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../../src/arches/index.js';
import { IOMMUS } from '../../../src/iommus/index.js';
import { Iommu } from '../../../src/model/index.js';
import { complaints } from '../../../src/oracle/index.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const real = IOMMUS.filter(({ kind }) => Iommu.safeParse({ kind, domain: 'strict' }).success);

describe('every model of an IOMMU', () => {
  it('but none has a domain', () => {
    expect(IOMMUS.filter((model) => !real.includes(model)).map(({ kind }) => kind)).toEqual(['none']);
  });

  it.each(real)('$kind shows its faults and its translations in events of its own', ({ kind, trace }) => {
    const watched = trace.watched(Iommu.parse({ kind, domain: 'strict' }) as never);
    expect(trace.faults.length).toBeGreaterThan(trace.echoes.length);
    expect(trace.faults).toEqual(expect.arrayContaining([...trace.echoes]));
    expect(watched.length).toBeGreaterThan(0);
    for (const event of [...trace.faults, ...watched])
      expect(IOMMUS.filter((model) => model.trace.events.test(event)).map((model) => model.kind)).toEqual([kind]);
  });

  it.each(real)('$kind says in the log what a kernel must not say unasked', ({ log }) => {
    expect(log.driver).toBeDefined();
    expect(log.fault).toBeDefined();
    expect(log.provoked.length).toBeGreaterThan(0);
  });

  it('has names in sysfs that no other has', () => {
    for (const name of ['', 'dmar0', 'ivhd0', '0000:00:1e.0', 'smmu3.0x0000000009050000'])
      expect(IOMMUS.filter(({ kernel }) => kernel.sysfs.test(name)).length).toBe(1);
  });

  it('is in a machine of some architecture', () => {
    for (const { arches } of IOMMUS) expect(ARCHES.map(({ id }) => id)).toEqual(expect.arrayContaining([...arches]));
  });
});

it.each([
  ['DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0x1000', 'IOMMU fault'],
  ['arm-smmu-v3 9050000.iommu: CMDQ error (cons 0x01000003): Unexpected', 'IOMMU queue error'],
  ['iommu ivhd0: AMD-Vi: Completion-Wait loop timed out', 'IOMMU queue error'],
  ['DMAR: ERROR: DMA PTE for vPFN 0x1 already set', 'DMA trouble'],
  ['nvme 0000:03:00.0: swiotlb buffer is full (sz: 4096 bytes)', 'DMA trouble'],
])('%s is a complaint', (text, kind) => {
  expect(complaints([{ text, level: 3, time: 0, user: false } as never])).toMatchObject([{ kind, phrase: true }]);
});

describe('a model or an architecture is known by its own file', () => {
  const names = [...IOMMUS, ...ARCHES.map(({ id }) => ({ kind: id }))].map(({ kind }) => kind);
  /** A name in quotes, or a question for one. `none` is a word of other things, too. */
  const named = new RegExp(`'(${names.filter((name) => name !== 'none').join('|')})'|\\biommu\\??\\.kind\\s*[!=]==?`);
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(ts|js|mjs)$/.test(file),
  );
  const naming = files.filter((file) => named.test(readFileSync(join(ROOT, 'src', file), 'utf8')));

  it('and by no other, but where its list is', () => {
    expect(naming.filter((file) => !/^(iommus|arches)\//.test(file))).toEqual([]);
  });

  it('which the look would find', () => {
    expect(naming).toEqual(expect.arrayContaining(['iommus/intel.ts', 'arches/aarch64.ts']));
    expect(named.test("if (iommu.kind === 'none')")).toBe(true);
  });
});
