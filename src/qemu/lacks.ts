/** What a QEMU version lacks. Pure. */
import { modelOf } from '../iommus/index.js';
import { InfraError, type Iommu } from '../model/index.js';

/** Why this QEMU cannot emulate that IOMMU, if it cannot. */
export function qemuLacks(iommu: Iommu, version: string): string | undefined {
  const since = modelOf(iommu).qemu.since(iommu);
  if (since === undefined) return undefined;
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw new InfraError(`'${version}' is not a version of QEMU`);
  const [first, second] = since.version;
  const enough = Number(major) > first || (Number(major) === first && Number(minor) >= second);
  return enough ? undefined : `${since.what} needs QEMU ${since.version.join('.')} or newer; this one is ${version}`;
}
