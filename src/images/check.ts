import { mkdir, mkdtemp, rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { HOST } from '../arches/index.js';
import { InfraError } from '../model/index.js';
import { boxDirs, inBox } from './box.js';
import { type Cache, removeTree } from './cache.js';
import { tail } from './exec.js';
import type { BuildTree } from './modules.js';
import type { Packages } from './packages.js';
import { moduleSources } from './plants.js';
import { keyOf } from './project.js';
import type { KernelSourceRecipe } from './recipe.js';
import { copySources, type Sources, sourcesOf } from './sources.js';
import type { Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';

const STEP = 1;

/** Mount point of the checkers in the build root. */
const CHECKER = '/checker';
const SCRIPTS = ['checkpatch.pl', 'spelling.txt', 'const_structs.checkpatch'];

/**
 * Sparse checks everything that is compiled: the product, and the files that planted defects change. C=1 does not work:
 * the headers package lacks the script that tests whether sparse is new enough, and the kernel then continues without
 * it. The kernel's headers use a keyword that sparse does not know, so define it.
 */
const SPARSE = ['KBUILD_CHECKSRC=1', 'CF=-D__typeof_unqual__=__typeof__'];

/**
 * Sparse reports this for every MODULE_*() of a kernel that uses __builtin_strlen() in assertions. The compiler reports
 * real errors.
 */
const NO_CONSTANT = /: error: bad constant expression$/;

/** Complaints of checkpatch that we do not want to fix. */
const ACCEPTED: { type: string; file: RegExp; why: string }[] = [
  { type: 'UNCOMMENTED_DEFINITION', file: /./, why: 'the kernel-doc of the structure documents each lock' },
  { type: 'OPEN_ENDED_LINE', file: /trace\.h$/, why: "the form of the kernel's own trace headers" },
  { type: 'PARENTHESIS_ALIGNMENT', file: /trace\.h$/, why: "the form of the kernel's own trace headers" },
  { type: 'MACRO_ARG_REUSE', file: /^include\/phyr\//, why: 'a loop macro must use its iterator more than once' },
  { type: 'BIT_MACRO', file: /^phyr_nvme\/phyr_nvme\.h$/, why: 'a page size is a number, not a bit' },
  { type: 'CONSTANT_COMPARISON', file: /^phyr_nvme\/dptr\.c$/, why: 'both sides of a static_assert are constants' },
  {
    type: 'MACRO_ARG_REUSE',
    file: /^phyr_test\/test\.h$/,
    why: 'a test macro must use its name more than once',
  },
  {
    type: 'STATIC_CONST_CHAR_ARRAY',
    file: /^phyr_probe\/(story_iommu|domain)\.c$/,
    why: 'register_fprobe_syms() sorts it',
  },
  { type: 'COMPLEX_MACRO', file: /^phyr\/fail\.c$/, why: 'it declares a function and its replacement' },
  { type: 'MACRO_WITH_FLOW_CONTROL', file: /^phyr_test\//, why: 'a failed expectation returns from the test' },
];

/** A line from a tool, and what was checked: a kernel's release, or `style`. */
export interface Complaint {
  about: string;
  line: string;
}

/** Unpacks sparse, and checkpatch from the kernel's source. */
export async function checkers(
  group: string,
  recipe: KernelSourceRecipe,
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
): Promise<string> {
  const builder = toolbox.key;
  const entry = await packages.using('checker', (set) =>
    packages.using(group, (sources) => {
      const source = sources.packages.filter(({ name }) => name === recipe.source);
      return cache.entry({
        name: 'checker',
        key: keyOf(
          'checker',
          STEP,
          set.key,
          source.map(({ sha256 }) => sha256),
          builder,
        ),
        build: async (context) => {
          const { work, mountPoint } = boxDirs(context.scratch);
          await unpack(source, work, packages, context);
          const strip = ['--strip-components=2', '--no-same-owner'];
          const members = SCRIPTS.map((name) => `${recipe.source}/scripts/${name}`);
          const archive = `usr/src/${recipe.source}.tar.xz`;
          const { dir: box } = await toolbox.root(builder);
          const command = ['tar', '-xf', archive, ...strip, ...members];
          const taken = await inBox(command, { toolbox: box, work, mountPoint, signal: context.signal });
          if (!taken.ok) throw new InfraError(`${recipe.source} contains no checkpatch`, tail(taken.all));
          await unpack(set.packages, context.dir, packages, context);
          for (const name of SCRIPTS) await rename(path.join(work, name), path.join(context.dir, name));
          return {};
        },
      });
    }),
  );
  return entry.dir;
}

/** Compiles all modules, with and without planted defects, with W=1 and sparse. Every warning is a complaint. */
export async function checkBuild(
  release: string,
  tree: BuildTree,
  tools: string,
  box: string,
  signal: AbortSignal,
): Promise<Complaint[]> {
  // These modules are never loaded, so they need no debug information and no BTF.
  const lean = ['KCFLAGS=-g0', 'CONFIG_DEBUG_INFO_BTF_MODULES='];
  const targets = ['-k', `-j${os.availableParallelism()}`, 'CC=gcc-14', 'W=1', ...SPARSE, ...lean, 'modules'];
  const make = ['make', '-C', tree.dir, 'M=/box', `CHECK=${CHECKER}/usr/bin/sparse`, ...targets];
  return inScratch(async (work, mountPoint) => {
    const options = { toolbox: box, work, mountPoint, mounts: { ...tree.mounts, [CHECKER]: tools }, signal };
    const complaints: Complaint[] = [];
    for (const [about, sources] of Object.entries(bothSources())) {
      copySources(sources, work);
      const result = await inBox(make, options);
      const found = complaintsOf(result.all).map((line) => ({ about: `${release}, ${about}`, line }));
      if (!result.ok && found.length === 0)
        throw new InfraError(`guest/ for ${release}, ${about}, was not built`, tail(result.all));
      complaints.push(...found);
    }
    return complaints;
  });
}

/** Runs checkpatch --strict on the modules and their headers, and on those that planted defects change. */
export async function checkStyle(tools: string, box: string, signal: AbortSignal): Promise<Complaint[]> {
  const { product, planted } = bothSources();
  const changed = [...planted.files].filter(([file, text]) => !product.files.get(file)?.equals(text));
  const [plain, broken] = [
    await styleOf('style', product, tools, box, signal),
    await styleOf('style, planted', sourcesOf(new Map(changed)), tools, box, signal),
  ];
  return [...plain, ...broken];
}

function bothSources(): Record<'product' | 'planted', Sources> {
  return { product: moduleSources({ plants: false }), planted: moduleSources({ plants: true }) };
}

async function styleOf(
  about: string,
  sources: Sources,
  tools: string,
  box: string,
  signal: AbortSignal,
): Promise<Complaint[]> {
  const files = [...sources.files.keys()].filter((file) => /\.[ch]$/.test(file));
  const options = ['--no-tree', '--strict', '--terse', '--no-summary', '--show-types', '-f'];
  const library = [`lib/${HOST.build.triplet}/perl-base`, `lib/${HOST.build.triplet}/perl/5.40`, 'share/perl/5.40'].map(
    (dir) => `${CHECKER}/usr/${dir}`,
  );
  const perl = ['env', 'LC_ALL=C', `PERL5LIB=${library.join(':')}`, `${CHECKER}/usr/bin/perl`];
  const result = await inScratch(async (work, mountPoint) => {
    copySources(sources, work);
    const command = [...perl, `${CHECKER}/checkpatch.pl`, ...options, ...files];
    return inBox(command, { toolbox: box, work, mountPoint, mounts: { [CHECKER]: tools }, signal });
  });
  const lines = result.all.split('\n').filter((line) => line !== '');
  const complaints = lines.filter((line) => /^\S+:\d+: (ERROR|WARNING|CHECK):/.test(line));
  if (complaints.length < lines.length || result.ok !== (lines.length === 0))
    throw new InfraError('checkpatch did not run', tail(result.all));
  return complaints.filter((line) => !isAccepted(line)).map((line) => ({ about, line }));
}

/** The lines in which the compiler or sparse complains. */
export function complaintsOf(said: string): string[] {
  const lines = said
    .split('\n')
    .filter((line) => /^\S+:\d+(:\d+)?: (fatal )?(warning|error):|^(WARNING|ERROR): modpost:/.test(line))
    .filter((line) => !NO_CONSTANT.test(line));
  return [...new Set([...lines, ...notLookedAt(said)])];
}

/** Files that were compiled but not checked by sparse. Without this test a silent build would prove nothing. */
function notLookedAt(said: string): string[] {
  const checked = new Set([...said.matchAll(/^ {2}CHECK +(\S+)\.c$/gm)].map(([, file]) => file));
  const compiled = [...said.matchAll(/^ {2}CC \[M\] +(\S+)\.o$/gm)].map(([, file = '']) => file);
  const ours = compiled.filter((file) => !/\.mod$|(^|\/)\.module-common$/.test(file));
  return ours.filter((file) => !checked.has(file)).map((file) => `${file}.c: sparse did not check it`);
}

export function isAccepted(line: string): boolean {
  const [, file = '', type = ''] = /^(\S+):\d+: \w+:(\w+):/.exec(line) ?? [];
  return ACCEPTED.some((one) => one.type === type && one.file.test(file));
}

async function inScratch<T>(use: (work: string, mountPoint: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'phyrlab-check-'));
  try {
    const { work, mountPoint } = boxDirs(scratch);
    await mkdir(work);
    return await use(work, mountPoint);
  } finally {
    await removeTree(scratch);
  }
}
