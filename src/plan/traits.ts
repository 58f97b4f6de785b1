import { domainInForce, type Machine } from '../model/index.js';

const known = new WeakMap<Machine, string[]>();

/**
 * What of a machine a defect can depend on, each a dimension of its own: a machine is a combination like any other, and two that share a
 * trait show together what meets that trait.
 */
export function traitsOf(machine: Machine): string[] {
  const traits = known.get(machine) ?? lookAt(machine);
  known.set(machine, traits);
  return traits;
}

function lookAt({ arch, iommu, vcpus, bounce, dmaBits, hostBridgeP2p, nvdimmMiB, clock, kernelArgs }: Machine) {
  const hardware = iommu.kind === 'intel' ? [iommu.kind, iommu.scalable, iommu.cachingMode && 'caching'] : [iommu.kind];
  const runtime = iommu.kind === 'none' ? undefined : iommu.runtime;
  return [
    arch,
    hardware.filter(Boolean).join(' '),
    [domainInForce(iommu), runtime && 'at run time'].filter(Boolean).join(' '),
    `${vcpus} vCPUs`,
    bounce ?? `${dmaBits ?? 64} bits`,
    `host bridge ${hostBridgeP2p}`,
    `NVDIMM ${nvdimmMiB !== undefined}`,
    clock,
    kernelArgs.join(' '),
  ];
}
