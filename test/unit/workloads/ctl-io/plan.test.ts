import { describe, expect, it } from 'vitest';
import * as machines from '../../../../harness/machines.js';
import { switched } from '../../../../harness/topologies.js';
import { ctlBoth, ctlByKey, ctlPageless, ctlPeers } from '../../../../harness/workloads.js';
import type { Backend, Machine } from '../../../../src/model/index.js';
import { expand } from '../../../../src/plan/index.js';
import { Workload } from '../../../../src/workloads/index.js';
import { reservedRam } from '../../../../src/workloads/shared/reserved-ram.js';

function planned(machine: Machine, workload: Workload, backend: Backend = 'phyr8') {
  const block = { machines: [machine], topologies: [switched], workloads: [workload], backends: [backend] };
  const { cells, pruned } = expand({ id: 'test', describe: '', blocks: [block] }, 1);
  return cells[0]?.expect ?? pruned[0]?.reason;
}

describe('I/O without a bio', () => {
  const peer = (id: string) => {
    const found = ctlPeers.find((workload) => workload.id === id);
    if (found === undefined) throw new TypeError(id);
    return found;
  };

  it('works on user memory anywhere, once', () => {
    expect(planned(machines.noIommu, ctlBoth)).toEqual({ kind: 'works', how: 'direct' });
    expect(planned(machines.vtdStrict, ctlBoth)).toEqual({ kind: 'works', how: 'iova' });
    expect(planned(machines.vtdStrict, ctlBoth, 'sg')).toMatch(/whatever the backend/);
  });

  it('needs RAM that the machine reserves, if its memory is to be page-less', () => {
    expect(planned(machines.vtdStrictReserved, ctlPageless)).toEqual({ kind: 'works', how: 'iova' });
    expect(planned(machines.vtdStrict, ctlPageless)).toMatch(/reserves no RAM/);
    expect(reservedRam(machines.vtdStrictReserved)).toEqual({ base: '0x30000000', bytes: 128 << 20 });
  });

  it.each(['ctl-near', 'ctl-near-page-less'])('%s: on the bus, or not modelled', (id) => {
    const how = id === 'ctl-near' ? 'bus-address' : 'direct';
    expect(planned(machines.noIommu, peer(id))).toEqual({ kind: 'works', how });
    expect(planned(machines.vtdStrict, peer(id))).toMatchObject({ kind: 'not-modelled' });
  });

  it.each(['ctl-far', 'ctl-far-page-less'])('%s: refused where the host bridge forwards nothing', (id) => {
    expect(planned(machines.noIommu, peer(id))).toEqual({ kind: 'refused', errno: 'EREMOTEIO' });
    expect(planned(machines.noIommuP2p, peer(id))).toMatchObject({ kind: 'works' });
    expect(planned(machines.vtdStrictP2p, peer(id))).toEqual({ kind: 'works', how: 'iova' });
  });

  it('is a workload that makes sense', () => {
    const good = { id: 'x', kind: 'ctl-io', memory: 'user', via: ['direct'], threads: 1, sizeKiB: 64 };
    expect(Workload.safeParse(good).success).toBe(true);
    for (const change of [
      { peer: 'near' },
      { memory: 'peer' },
      { memory: 'peer', peer: 'near', via: ['registered'] },
      { revoke: true },
      { via: [] },
    ]) {
      expect(Workload.safeParse({ ...good, ...change }).success, JSON.stringify(change)).toBe(false);
    }
  });

  it('has a key that processes can share where it is registered, and nowhere else', () => {
    expect(Workload.safeParse(ctlByKey).success).toBe(true);
    const { error } = Workload.safeParse({ ...ctlByKey, via: ['registered', 'direct'] });
    expect(error?.issues[0]?.message).toMatch(/has no key/);
  });
});
