/**
 * The translation oracle: do the addresses given to the device lead to the data? It uses the checker in phyr_probe.ko, which walks each command's
 * PRPs through the IOMMU's page tables and never looks at phyr's structures.
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
    /** How the addresses of the last command were translated. */
    by: z.enum(['none', 'identity', 'dma']),
    /** Bytes in a peer's memory; of these, those that the kernel's rules reach by bus address, and those that were bounced. */
    p2p: z.object({ bytes: z.number(), bus: z.number(), bounced: z.number() }),
    /** Bytes of I/O through the character device. */
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

/** Judges every command of the cell's own I/O. `moved`: the least number of bytes that our driver must have moved, if the workload finished. */
export function judgeWatch(seen: Watch | undefined, expect: Expectation, moved: number): OracleReport {
  if (seen === undefined) return blind('watch-missing', 'the watch on submissions left no result: could not look');
  const { commands, bytes, unchecked, mismatches, first } = seen.watch;
  if (mismatches > 0) {
    const detail = `${mismatches} of ${commands} commands, first at byte ${first.offset}: ${first.iova} leads to ${first.got}, expected ${first.want}`;
    return objects('translation', [{ code: 'leads-elsewhere', detail }]);
  }
  if (unchecked > 0) return blind('walk-failed', `${unchecked} commands could not be followed through the page tables`);
  // A transfer that is refused before it is mapped has nothing to check.
  if (commands === 0 && expect.kind !== 'refused') return blind('no-command-seen', 'no command was seen');
  if (bytes < moved)
    return blind('not-all-watched', `only ${formatBytes(bytes)} of ${formatBytes(moved)} were watched`);
  const paths = expect.kind === 'works' && moved > 0 ? pathsTaken(seen) : [];
  const other = expect.kind === 'works' ? otherPath(expect.how, paths) : undefined;
  if (other !== undefined) return objects('translation', [other]);
  const by = paths.length > 0 ? `, ${paths.join(' and ')}` : '';
  return passes('translation', `${commands} commands, ${formatBytes(bytes)}${by}`);
}

/** The paths that the watched commands really took, those to the peer's memory first. */
export function pathsTaken({ watch }: Watch): DmaPath[] {
  const { by, p2p } = watch;
  // If there is I/O without a bio, only that is the workload's. Other I/O, such as reading the partition table, takes another path.
  const { bytes, bounced } = watch.asked.bytes > 0 ? watch.asked : watch;
  const paths: DmaPath[] = [];
  if (p2p.bounced > 0) paths.push('bounce');
  if (p2p.bus > 0) paths.push('bus-address');
  if (p2p.bytes > p2p.bus + p2p.bounced) paths.push(by === 'dma' ? 'iova' : 'host-bridge');
  if (paths.length > 0) return paths;
  if (bounced > 0) paths.push('bounce');
  else if (bytes > 0) paths.push(by === 'dma' ? 'iova' : 'direct');
  return paths;
}

/** Data that arrives by another path than expected is as wrong as data that does not arrive. */
function otherPath(due: DmaPath, went: readonly DmaPath[]): ObjectionOf<'translation'> | undefined {
  if (went.length === 0 || (went.length === 1 && went[0] === due)) return undefined;
  const path = went.join(' and ');
  return { code: 'other-path', detail: `the data went by ${path}, expected ${due}`, where: { path, due } };
}

/** Judges lists that the probe made, mapped and unmapped, each with its number of pages. */
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
      detail: `${t.wrong} pages lead elsewhere (${iova} to ${got}, expected ${want})`,
    });
  if (t.missing > 0) objections.push({ code: 'not-translated', detail: `${t.missing} pages have no translation` });
  if (t.stale > 0)
    objections.push({ code: 'translates-after-unmap', detail: `${t.stale} pages have a translation after unmap` });
  if (t.prot_wrong > 0)
    objections.push({ code: 'wrong-permissions', detail: `${t.prot_wrong} IOMMU entries have wrong permissions` });
  return objections;
}

function blind(code: ObjectionOf<'translation'>['code'], detail: string): OracleReport {
  return couldNotLook('translation', [{ code, detail }]);
}
