/**
 * What the harness knows of one kind of workload. Planner, runner, reports and commands ask the kind; none of them compares its name.
 * A declaration is what planning needs: what runs in a guest is loaded by `run`.
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
  /** As scenarios write it; the folder is called so as well. */
  name: string;
  /** One line: what it shows. */
  describe: string;
  /** What a scenario may write. */
  schema: z.ZodType<W>;

  /** Whether it needs a guest in real time, or one whose clock counts instructions. */
  clock: Machine['clock'];
  /** `debug`: it needs a kernel that checks itself. */
  kernel: 'any' | 'debug';
  /** The modules that it loads beside those of every cell (guest/lab/steps). */
  modules: readonly string[];
  /** Whether it needs modules that can be made to go wrong, without a planted defect. */
  faultyModules(workload: W): boolean;
  /** The backends that it has. */
  backends(workload: W): Backends;
  /** How much of the disk under test it uses. */
  diskKiB(workload: W): number;
  /** What must be true of it on this setup, or why it cannot run there. Asked only for a backend, disk and clock that fit. */
  decide(workload: W, setup: Setup): Decision;

  /** The node to whose memory the disk copies peer to peer, where what is due is that route's; the node has no driver when the cell begins. */
  peer(workload: W): string | undefined;
  /** The parts that its dma-bufs are made of. */
  ranges(workload: W): RangeLayout | undefined;
  /** Whether QEMU traces the disk for the oracle `device`. Each page costs time, so large workloads go without. */
  watched(workload: W): boolean;
  /** Whether all its I/O is the block layer's, which maps for one direction. What is registered may be mapped for both. */
  oneWay: boolean;
  /** Whether it fills a domain of its own, so that mappings must be seen even where the kernel's domain translates nothing. */
  ownDomain: boolean;
  /** Whether the guest is switched off and on, and the workload run again with what it left. */
  powersOff(expect: Expectation): boolean;

  /** Whether `phyrlab bench` takes it. */
  benchmark: boolean;
  /** What its figures are called. */
  figures: Figures;
  /** Loads what runs it. */
  run(): Promise<{ run(context: WorkloadContext<W>): Promise<WorkloadResult> }>;
}

/** What a workload is to run on. */
export interface Setup {
  machine: Machine;
  topology: Topology;
  /** All of the topology. */
  nodes: readonly PciNode[];
  dut: Nvme;
  backend: Backend;
}

export type Decision = { run: Expectation } | { prune: string };

/** What every kind's schema has. */
interface Declared<Name> {
  id: string;
  kind: Name;
}

export function defineKind<const Name extends string, Schema extends z.ZodType<Declared<Name>>>(
  kind: Kind<z.infer<Schema>> & { name: Name; schema: Schema },
) {
  return kind;
}

/** Answers of most kinds. */
export const never = () => false;
export const none = () => undefined;
