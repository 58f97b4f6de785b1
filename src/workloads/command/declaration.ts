import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { driverBackends } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';

/** A path in the guest, below the folder in which the command runs. */
const GuestPath = z
  .string()
  .max(90)
  .regex(/^(?!.*(^|\/)\.)[\w@%+=:,.-]+(\/[\w@%+=:,.-]+)*$/, 'a relative path, without a name that begins with a dot');

const GivenFile = z.strictObject({
  /**
   * A file or folder of the host. A relative path is relative to the scenario file; in the project's own suites, to the
   * clone.
   */
  from: z.string().min(1).max(4096),
  /** Its path below the command's folder in the guest; default: its own name. */
  to: GuestPath.optional(),
  /** It is a program, whatever its mode is on the host. */
  program: z.boolean().optional(),
});

/** A command of the user, with files of the host, on the disk under test. */
export const Command = z.strictObject({
  id: Id,
  kind: z.literal('command'),
  files: z.array(GivenFile).max(100).default([]),
  /** A script for the guest's shell (busybox), run in that folder. */
  run: z.string().min(1).max(65_536),
  /** How the command reports its result: by exit code, as KTAP or TAP, or as fio's JSON. */
  verdict: z.enum(['exit', 'ktap', 'fio']).default('exit'),
  /** In seconds. */
  deadline: z.int().min(1).max(3600).default(60),
  /** What $DUT is: the disk of the device under test, or the address of its PCI function without a driver. */
  dut: z.enum(['disk', 'function']).default('disk'),
  /**
   * The least number of KiB that the command reads and writes on the disk under test. If it moves fewer, the cell is
   * inconclusive.
   */
  movesKiB: z.int().min(0).default(1),
  /** What the host writes to the start of the disk before the command runs, and what must be there afterwards. */
  disk: z
    .strictObject({
      fillKiB: z
        .int()
        .min(4)
        .max(64 * 1024)
        .multipleOf(4),
      /** `unchanged`, or a file of the host; the disk must begin with its content. */
      after: z.union([z.literal('unchanged'), z.strictObject({ holds: z.string().min(1).max(4096) })]),
    })
    .optional(),
});
export type Command = z.infer<typeof Command>;

export const figures = {
  'command took': { unit: 's emulated', better: 'neither' },
  tests: { unit: '', better: 'neither' },
} satisfies Figures;

const BACKENDS = driverBackends('nvme');

export const command = defineKind({
  name: 'command',
  describe: 'a command of the user with files of the host, judged by its exit code, its KTAP or its fio JSON',
  schema: Command,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: ({ disk }) => disk?.fillKiB ?? 0,
  decide: (_, setup) => worksOnHost(setup),
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures,
  run: () => import('./run.js'),
});
