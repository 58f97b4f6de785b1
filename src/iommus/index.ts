/** The IOMMUs that a machine can have: a file each, and its name in LIST. */
import { z } from 'zod';
import { amd } from './amd.js';
import { intel } from './intel.js';
import type { Domain, IommuModel } from './iommu.js';
import { none } from './none.js';
import { smmuv3 } from './smmuv3.js';
import { virtio } from './virtio.js';

export { type AllowedLine, type IommuModel, type IoPage, type ReadWords, requesterOf } from './iommu.js';

const LIST = [none, intel, virtio, amd, smmuv3] as const;

type SchemasOf<Models extends readonly { schema: z.ZodObject }[]> = {
  -readonly [I in keyof Models]: Models[I]['schema'];
};

/** The IOMMU that a machine has, and the default domain that its kernel is asked for. */
export const Iommu = z
  .discriminatedUnion('kind', LIST.map(({ schema }) => schema) as unknown as SchemasOf<typeof LIST>)
  .superRefine((iommu, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    if (domainOf(iommu) === 'passthrough' && runtimeOf(iommu) !== undefined)
      object('domain passthrough is identity from the start: runtime has nothing to change');
    const objection = modelOf(iommu).objection(iommu);
    if (objection !== undefined) object(objection);
  });
export type Iommu = z.infer<typeof Iommu>;

/** Each takes its own declaration; whoever has a machine asks `modelOf`. */
export const IOMMUS = LIST as readonly (IommuModel<never> & { kind: Iommu['kind'] })[];

const BY_KIND = new Map(IOMMUS.map((model) => [model.kind, model]));

export function modelOf({ kind }: Pick<Iommu, 'kind'>): IommuModel<Iommu> {
  const model = BY_KIND.get(kind);
  if (model === undefined) throw new TypeError(`there is no IOMMU '${kind}'`);
  return model as IommuModel<never> as IommuModel<Iommu>;
}

/** The default domain that the kernel is asked for; none without an IOMMU. */
export function domainOf(iommu: Iommu): Domain | undefined {
  return 'domain' in iommu ? iommu.domain : undefined;
}

/** What the devices' groups are set to once the kernel has booted. */
export function runtimeOf(iommu: Iommu): 'identity' | undefined {
  return 'runtime' in iommu ? iommu.runtime : undefined;
}

/** What stands between a device and memory once the guest is set up. */
export type DomainInForce = 'none' | 'identity' | 'lazy' | 'strict';

export function domainInForce(iommu: Iommu): DomainInForce {
  const domain = domainOf(iommu);
  if (domain === undefined) return 'none';
  return runtimeOf(iommu) ?? (domain === 'passthrough' ? 'identity' : domain);
}

/** Are there groups of devices, whatever their domains? */
export function hasIommu({ iommu }: { iommu: Iommu }): boolean {
  return domainOf(iommu) !== undefined;
}

/** Does DMA of an ordinary device go through page tables of the IOMMU? */
export function translates(iommu: Iommu): boolean {
  const domain = domainInForce(iommu);
  return domain === 'lazy' || domain === 'strict';
}

/** All words for the kernel's command line. */
export function iommuArgs(iommu: Iommu): string[] {
  const domain = domainOf(iommu);
  return [...modelOf(iommu).kernel.args(iommu), ...(domain === undefined ? [] : DOMAIN_ARGS[domain])];
}

const DOMAIN_ARGS: Record<Domain, readonly string[]> = {
  strict: ['iommu.passthrough=0', 'iommu.strict=1'],
  lazy: ['iommu.passthrough=0', 'iommu.strict=0'],
  passthrough: ['iommu.passthrough=1'],
};
