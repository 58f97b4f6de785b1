/** The IOMMUs that a machine can have: a file for each, and an entry in LIST. */
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

/** A machine's IOMMU, and the default domain that its kernel is asked for. */
export const Iommu = z
  .discriminatedUnion('kind', LIST.map(({ schema }) => schema) as unknown as SchemasOf<typeof LIST>)
  .superRefine((iommu, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    if (domainOf(iommu) === 'passthrough' && runtimeOf(iommu) !== undefined)
      object('with domain passthrough all groups already are identity: remove runtime');
    const objection = modelOf(iommu).objection(iommu);
    if (objection !== undefined) object(objection);
  });
export type Iommu = z.infer<typeof Iommu>;

/** Each model expects its own declaration, so use `modelOf` if you have a machine. */
export const IOMMUS = LIST as readonly (IommuModel<never> & { kind: Iommu['kind'] })[];

const BY_KIND = new Map(IOMMUS.map((model) => [model.kind, model]));

export function modelOf({ kind }: Pick<Iommu, 'kind'>): IommuModel<Iommu> {
  const model = BY_KIND.get(kind);
  if (model === undefined) throw new TypeError(`there is no IOMMU '${kind}'`);
  return model as IommuModel<never> as IommuModel<Iommu>;
}

/** The default domain that the kernel is asked for; undefined without an IOMMU. */
export function domainOf(iommu: Iommu): Domain | undefined {
  return 'domain' in iommu ? iommu.domain : undefined;
}

/** The domain type that the groups are set to after boot. */
export function runtimeOf(iommu: Iommu): 'identity' | undefined {
  return 'runtime' in iommu ? iommu.runtime : undefined;
}

/** What is between a device and memory once the guest is set up. */
export type DomainInForce = 'none' | 'identity' | 'lazy' | 'strict';

export function domainInForce(iommu: Iommu): DomainInForce {
  const domain = domainOf(iommu);
  if (domain === undefined) return 'none';
  return runtimeOf(iommu) ?? (domain === 'passthrough' ? 'identity' : domain);
}

/** Are there IOMMU groups, whatever their domains? */
export function hasIommu({ iommu }: { iommu: Iommu }): boolean {
  return domainOf(iommu) !== undefined;
}

/** Does an ordinary device's DMA go through I/O page tables? */
export function translates(iommu: Iommu): boolean {
  const domain = domainInForce(iommu);
  return domain === 'lazy' || domain === 'strict';
}

/** All its arguments for the kernel's command line. */
export function iommuArgs(iommu: Iommu): string[] {
  const domain = domainOf(iommu);
  return [...modelOf(iommu).kernel.args(iommu), ...(domain === undefined ? [] : DOMAIN_ARGS[domain])];
}

const DOMAIN_ARGS: Record<Domain, readonly string[]> = {
  strict: ['iommu.passthrough=0', 'iommu.strict=1'],
  lazy: ['iommu.passthrough=0', 'iommu.strict=0'],
  passthrough: ['iommu.passthrough=1'],
};
