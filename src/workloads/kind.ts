/**
 * All that the harness knows about one kind of workload. Planner, runner, reports and commands use this contract and never compare a kind's
 * name. A declaration has what planning needs; `run` loads what runs in a guest.
 */
import type { z } from 'zod';
import type { Nvme } from '../fabric/index.js';
import type { Backend, Expectation, Machine, PciNode, Topology } from '../model/index.js';
import type { Backends } from './shared/backends.js';
import type { WorkloadContext } from './shared/context.js';
import type { Figures } from './shared/figures.js';
import type { RangeLayout } from './shared/memory.js';
import type { WorkloadResult } from './shared/result.js';

export interface Kind<W> {
  /** The name in scenarios, and of the kind's folder. */
  name: string;
  /** One line: what the kind tests. */
  describe: string;
  /** Validates what a scenario declares. */
  schema: z.ZodType<W>;

  /** Does it need real time, or a clock that counts instructions? */
  clock: Machine['clock'];
  /** `debug`: it needs a kernel that checks itself. */
  kernel: 'any' | 'debug';
  /** The modules that its steps load, in addition to those of every cell (guest/lab/steps). */
  modules: readonly string[];
  /** Does it need the modules with planted defects and failures, although the cell has no planted defect? */
  faultyModules(workload: W): boolean;
  /** The backends that it runs with. */
  backends(workload: W): Backends;
  /** How much of the disk under test it uses. */
  diskKiB(workload: W): number;
  /** The expected result on this setup, or why it cannot run there. Only called if backend, disk and clock fit. */
  decide(workload: W, setup: Setup): Decision;

  /** The node to or from whose memory the disk copies, if the route to it decides the expected result. No driver is bound to it at first. */
  peer(workload: W): string | undefined;
  /** How the ranges of its dma-bufs are laid out. */
  ranges(workload: W): RangeLayout | undefined;
  /** Does QEMU trace the disk for the oracle `device`? Every page costs time, so large workloads do without. */
  watched(workload: W): boolean;
  /** Does all its I/O come from the block layer, which maps for one direction? Registered memory may be mapped for both. */
  oneWay: boolean;
  /** Does it fill a domain of its own? Then mappings must be seen even if the kernel's domain translates nothing. */
  ownDomain: boolean;
  /** Is the guest powered off and booted again, and the workload run a second time with what it left? */
  powersOff(expect: Expectation): boolean;

  /** Does `phyrlab bench` include it? */
  benchmark: boolean;
  /** The names of its figures. */
  figures: Figures;
  /** Loads the code that runs it. */
  run(): Promise<{ run(context: WorkloadContext<W>): Promise<WorkloadResult> }>;
}

/** What a workload runs on. */
export interface Setup {
  machine: Machine;
  topology: Topology;
  /** All nodes of the topology. */
  nodes: readonly PciNode[];
  dut: Nvme;
  backend: Backend;
}

export type Decision = { run: Expectation } | { prune: string };

/** What the schema of every kind has. */
interface Declared<Name> {
  id: string;
  kind: Name;
}

export function defineKind<const Name extends string, Schema extends z.ZodType<Declared<Name>>>(
  kind: Kind<z.infer<Schema>> & { name: Name; schema: Schema },
) {
  return kind;
}

/** For fields that do not apply. */
export const never = () => false;
export const none = () => undefined;
