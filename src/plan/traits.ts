import { modelOf } from '../iommus/index.js';
import { domainInForce, type Machine, runtimeOf } from '../model/index.js';

const known = new WeakMap<Machine, string[]>();

/**
 * The properties of a machine that a defect can depend on, each a dimension of pairwise coverage. Machines that share a trait share the coverage
 * of that trait.
 */
export function traitsOf(machine: Machine): string[] {
  const traits = known.get(machine) ?? lookAt(machine);
  known.set(machine, traits);
  return traits;
}

function lookAt({
  arch,
  iommu,
  vcpus,
  bounce,
  dmaBits,
  hostBridgeP2p,
  nvdimmMiB,
  reserved,
  clock,
  kernelArgs,
}: Machine) {
  return [
    arch,
    modelOf(iommu).labels.traits(iommu).join(' '),
    [domainInForce(iommu), runtimeOf(iommu) && 'at run time'].filter(Boolean).join(' '),
    `${vcpus} vCPUs`,
    bounce ?? `${dmaBits ?? 64} bits`,
    `host bridge ${hostBridgeP2p}`,
    `NVDIMM ${nvdimmMiB !== undefined}`,
    clock,
    [...kernelArgs, ...(reserved === undefined ? [] : [`${reserved.mib} MiB reserved at ${reserved.at}`])].join(' '),
  ];
}
