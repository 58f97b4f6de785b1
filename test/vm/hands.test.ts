/** Functions that processes have: they may go while a page fault waits, are reset between two owners, and are lent where interrupts are isolated alone. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Session } from '../../src/guest/index.js';
import { Topology } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { machine, never, sh, withModules } from './boot-rig.js';

const topology = Topology.parse({
  id: 'one-edu',
  root: [{ kind: 'root-port', id: 'rp', below: [{ kind: 'edu', id: 'edu' }] }],
});
const bdf = pciPlan(topology).get('edu') ?? '';
const node = `/dev/phyr_domain-${bdf}`;
const BUS_MASTER = 4;
const DRIVERS = { region: 'phyr_engine', domain: 'phyr_domain' } as const;
const Unanswered = z.object({ unanswered: z.object({ unbind_ms: z.number(), errno: z.string() }) });
const TRACING = '/sys/kernel/tracing';
const THP_64K = '/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled';

it('a function goes at once while a page fault waits, is reset, and needs isolated interrupts or leave', async () => {
  const strict = machine({ iommu: { kind: 'intel', domain: 'strict' }, kernelArgs: ['nointremap'] });
  await withModules({ topology, machine: strict, modules: ['phyr', 'phyr_engine', 'phyr_domain'] }, async (session) => {
    await sh(session, 'cd /lab/modules; insmod phyr.ko; insmod phyr_engine.ko; insmod phyr_domain.ko');
    await isolated(session);
    await reset(session);
    for (const kind of ['region', 'domain'] as const) {
      for (const where of ['memory', 'argument', 'answer']) await goes(session, kind, where);
      await untold(session, kind);
    }
    await policy(session);
    expect((await sh(session, "dmesg | grep -E 'WARNING:|BUG:|KFENCE|unlocked' || :")).trim()).toBe('');
  });
});

async function isolated(session: Session): Promise<void> {
  await sh(session, `lab bind ${bdf} phyr_domain`);
  const { stderr } = await session.exec(`: < ${node}`, { deadlineMs: 10_000, signal: never });
  expect.soft(stderr).toMatch(/Operation not permitted/);
  await sh(session, 'echo Y > /sys/module/phyr_domain/parameters/allow_unsafe_interrupts');
  await sh(session, `: < ${node}; lab unbind ${bdf}`);
}

/** Whoever has it next finds it as new. Not in open(), for which all misc devices wait. */
async function reset(session: Session): Promise<void> {
  const count = `grep -c 'reset: (pci_reset_function_locked' ${TRACING}/trace || :; : > ${TRACING}/trace`;
  const counts = await sh(
    session,
    `echo 'p:reset pci_reset_function_locked' > ${TRACING}/kprobe_events
     echo 1 > ${TRACING}/events/kprobes/reset/enable; : > ${TRACING}/trace
     lab bind ${bdf} phyr_domain > /dev/null; ${count}
     exec 3< ${node}; ${count}
     exec 3<&-; ${count}
     od -An -tu1 -j4 -N1 /sys/bus/pci/devices/${bdf}/config
     exec 3< ${node}; : > ${TRACING}/trace; lab unbind ${bdf} > /dev/null; ${count}
     exec 3<&-; ${count}
     echo 0 > ${TRACING}/events/kprobes/reset/enable`,
  );
  const [bound, opened, closed, command = 0, unbound, late] = counts.trim().split('\n').map(Number);
  expect
    .soft({ bound, opened, closed, unbound, late })
    .toEqual({ bound: 1, opened: 0, closed: 1, unbound: 1, late: 0 });
  expect.soft(command & BUS_MASTER).toBe(0);
}

/** Its removal waits for nobody's page fault; what was asked for fails, or is taken back. */
async function goes(session: Session, kind: keyof typeof DRIVERS, where: string): Promise<void> {
  await sh(session, `lab bind ${bdf} ${DRIVERS[kind]}`);
  const { unanswered } = Unanswered.parse(JSON.parse(await sh(session, `unanswered ${kind} ${bdf} ${where}`)));
  const told = kind === 'region' && where === 'answer';
  expect.soft(unanswered.errno, `${kind} ${where}`).toBe(told ? '0' : 'ENODEV');
  expect.soft(unanswered.unbind_ms, `${kind} ${where}`).toBeLessThan(4_000);
}

/** What an owner could not be told of was nobody's meanwhile, and takes along nothing of others. */
async function untold(session: Session, kind: keyof typeof DRIVERS): Promise<void> {
  await sh(session, `lab bind ${bdf} ${DRIVERS[kind]}`);
  const { others } = JSON.parse(await sh(session, `unanswered ${kind} ${bdf} others`));
  expect
    .soft(others)
    .toEqual(
      kind === 'region'
        ? { usable: 0, returnable: 0, errno: 'EFAULT', left: 0, locked_kib: 0 }
        : { map: '0', errno: 'EFAULT', kept: 4096, locked_kib: 0 },
    );
  await sh(session, `lab unbind ${bdf}`);
}

/** What a tool asks of the kernel for its memory is not left behind, whatever was chosen before. */
async function policy(session: Session): Promise<void> {
  const chosen = async () => /\[(\w+)\]/.exec(await sh(session, `cat ${THP_64K}`))?.[1];
  await sh(session, 'iospace serve');
  for (const word of ['always', 'never']) {
    const asked = await sh(session, `echo ${word} > ${THP_64K}; iospace ask 'memory 64k 65536 1'`);
    expect.soft(asked, word).not.toMatch(/error/);
    expect.soft(await chosen()).toBe(word);
  }
  await sh(session, 'iospace ask quit');
}
