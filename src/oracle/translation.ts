/**
 * The translation oracle: do the addresses that the device was given lead where the data is? Judged from the checker in
 * phyr_probe.ko, which walks each command's PRPs through the IOMMU's own tables and never looks at phyr structures.
 */
import { z } from 'zod';
import {
  couldNotLook,
  type DmaPath,
  type Expectation,
  formatBytes,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
} from '../model/index.js';

const First = z.object({ iova: z.string(), want: z.string(), got: z.string() });

/** `phyrctl watch read|stop` */
export const Watch = z.object({
  watch: z.object({
    active: z.boolean(),
    commands: z.number(),
    bytes: z.number(),
    unchecked: z.number(),
    mismatches: z.number(),
    bounced: z.number(),
    /** How the addresses of the last command led to memory. */
    by: z.enum(['none', 'identity', 'dma']),
    /** Of the bytes, those in a peer's memory; of these, those that the kernel's rules reach by bus address, and those bounced. */
    p2p: z.object({ bytes: z.number(), bus: z.number(), bounced: z.number() }),
    /** Of the bytes, those of I/O through the character device. */
    asked: z.object({ bytes: z.number(), bounced: z.number() }),
    first: First.extend({ opcode: z.number(), offset: z.number() }),
  }),
});
export type Watch = z.infer<typeof Watch>;

/** `phyrctl translate` */
export const Translate = z.object({
  translate: z.object({
    backend: z.string(),
    by: z.enum(['none', 'identity', 'dma']),
    shape: z.enum(['none', 'same', 'single', 'array']),
    checked: z.number(),
    wrong: z.number(),
    missing: z.number(),
    stale: z.number(),
    prot_checked: z.number(),
    prot_wrong: z.number(),
    first: First,
  }),
});
export type Translate = z.infer<typeof Translate>;

/** Every command of the cell's own I/O. `moved`: how many bytes our driver must have moved at least, if the workload got to its end. */
export function judgeWatch(seen: Watch | undefined, expect: Expectation, moved: number): OracleReport {
  if (seen === undefined) return blind('watch-missing', 'the watch on submissions has no result: could not look');
  const { commands, bytes, unchecked, mismatches, first } = seen.watch;
  if (mismatches > 0) {
    const detail = `${mismatches} of ${commands} commands, first at byte ${first.offset}: ${first.iova} leads to ${first.got}, due ${first.want}`;
    return objects('translation', [{ code: 'leads-elsewhere', detail }]);
  }
  if (unchecked > 0) return blind('walk-failed', `${unchecked} commands could not be walked`);
  // A transfer that is refused before it is mapped leaves nothing to walk.
  if (commands === 0 && expect.kind !== 'refused') return blind('no-command-seen', 'no command was seen');
  if (bytes < moved)
    return blind('not-all-watched', `only ${formatBytes(bytes)} of ${formatBytes(moved)} were watched`);
  const way = expect.kind === 'works' && moved > 0 ? pathsTaken(seen) : [];
  const other = expect.kind === 'works' ? otherPath(expect.how, way) : undefined;
  if (other !== undefined) return objects('translation', [other]);
  const by = way.length > 0 ? `, ${way.join(' and ')}` : '';
  return passes('translation', `${commands} commands, ${formatBytes(bytes)}${by}`);
}

/** The ways that the watched commands really took, the peer's memory first. */
export function pathsTaken({ watch }: Watch): DmaPath[] {
  const { by, p2p } = watch;
  // Where there is I/O without a bio it is the workload's: what else the disk had to do, as for its partitions, went another way.
  const { bytes, bounced } = watch.asked.bytes > 0 ? watch.asked : watch;
  const ways: DmaPath[] = [];
  if (p2p.bounced > 0) ways.push('bounce');
  if (p2p.bus > 0) ways.push('bus-address');
  if (p2p.bytes > p2p.bus + p2p.bounced) ways.push(by === 'dma' ? 'iova' : 'host-bridge');
  if (ways.length > 0) return ways;
  if (bounced > 0) ways.push('bounce');
  else if (bytes > 0) ways.push(by === 'dma' ? 'iova' : 'direct');
  return ways;
}

/** A transfer that arrives by another way than is due is as wrong as one that does not arrive. */
function otherPath(due: DmaPath, went: readonly DmaPath[]): ObjectionOf<'translation'> | undefined {
  if (went.length === 0 || (went.length === 1 && went[0] === due)) return undefined;
  const path = went.join(' and ');
  return { code: 'other-path', detail: `the data went by ${path}, due ${due}`, where: { path, due } };
}

/** Lists that the probe made, mapped, and unmapped on purpose, each of so many pages. */
export function judgeTranslate(results: readonly (Translate & { pages: number })[]): OracleReport {
  if (results.length === 0) return blind('not-all-checked', 'nothing was translated');
  for (const { translate: t, pages } of results) {
    const wrong = wrongIn(t);
    if (wrong.length > 0)
      return objects(
        'translation',
        wrong.map((one) => ({ ...one, detail: `${t.backend}: ${one.detail}` })),
      );
    if (t.checked < pages) return blind('not-all-checked', `${t.backend}: ${t.checked} of ${pages} pages were checked`);
    if (t.by === 'dma' && t.prot_checked === 0) {
      return blind('permissions-unseen', `${t.backend}: the permissions of its mappings could not be watched`);
    }
  }
  const checked = results.reduce((sum, { translate }) => sum + translate.checked, 0);
  const how = {
    dma: 'while mapped, with the right permissions; gone after unmap',
    identity: 'by identity',
    none: 'as physical addresses',
  };
  return passes(
    'translation',
    `${checked} pages ${[...new Set(results.map(({ translate }) => how[translate.by]))].join(' and ')}`,
  );
}

function wrongIn(t: Translate['translate']): ObjectionOf<'translation'>[] {
  const { iova, got, want } = t.first;
  const objections: ObjectionOf<'translation'>[] = [];
  if (t.wrong > 0)
    objections.push({
      code: 'leads-elsewhere',
      detail: `${t.wrong} pages lead elsewhere (${iova} to ${got}, due ${want})`,
    });
  if (t.missing > 0) objections.push({ code: 'not-translated', detail: `${t.missing} pages have no address` });
  if (t.stale > 0)
    objections.push({ code: 'translates-after-unmap', detail: `${t.stale} pages translate after unmap` });
  if (t.prot_wrong > 0)
    objections.push({ code: 'wrong-permissions', detail: `${t.prot_wrong} entries with wrong permissions` });
  return objections;
}

function blind(code: ObjectionOf<'translation'>['code'], detail: string): OracleReport {
  return couldNotLook('translation', [{ code, detail }]);
}
