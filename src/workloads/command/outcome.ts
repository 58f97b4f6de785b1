/** Turns the exit code and output of a command into the report of the workload oracle. Pure. */
import { z } from 'zod';
import { type KtapTest, parseKtap } from '../../guest/index.js';
import { countOf, type OracleReport, type Subtest } from '../../model/index.js';
import { done, failed, inconclusive, type Wrong } from '../shared/result.js';
import type { Command } from './declaration.js';

export interface Ended {
  /** Exit code, or 128 + n if signal n ended it. */
  code: number;
  /** It was killed at its deadline. */
  late: boolean;
  /** It was killed because it wrote too much. */
  endless: boolean;
  /** How much it moved on the disk under test. */
  kib: number;
  /** Standard output and standard error, in the order of arrival. */
  output: string;
}

export interface Outcome {
  report: OracleReport;
  subtests: Subtest[];
}

/** The exit code with which kernel selftests report a skip. */
const SKIPPED = 4;

export function outcomeOf(
  ended: Ended,
  { verdict, deadline, dut, movesKiB }: Pick<Command, 'verdict' | 'deadline' | 'dut' | 'movesKiB'>,
): Outcome {
  const ways = { exit: byExitCode, ktap: byKtap, fio: byFio };
  const { report, subtests } = ways[verdict](ended);
  if (ended.late)
    return {
      report: wrong({ code: 'command-late', detail: `the command did not end within ${deadline} s` }, ended),
      subtests,
    };
  if (ended.endless)
    return {
      report: wrong({ code: 'command-endless', detail: 'the command wrote more than 8 MiB and was ended' }, ended),
      subtests,
    };
  // For a PCI function, the harness cannot know what is moved.
  if (report.verdict === 'pass' && dut === 'disk' && ended.kib < movesKiB) {
    const detail = `the command moved ${ended.kib} KiB on the disk under test, but the workload declares at least ${movesKiB}`;
    return { report: inconclusive('disk-unused', detail), subtests };
  }
  return { report, subtests };
}

function wrong(objection: Wrong, { output }: Ended): OracleReport {
  const said = lastLine(output);
  return failed({
    ...objection,
    detail: said === '' ? objection.detail : `${objection.detail}; last line: ${said}`,
  });
}

function byExitCode(ended: Ended): Outcome {
  const { code } = ended;
  if (code === 0) return { report: done('exit code 0'), subtests: [] };
  if (code === SKIPPED)
    return {
      report: inconclusive('guest-unable', `the command skipped itself (exit code 4): ${lastLine(ended.output)}`),
      subtests: [],
    };
  return { report: wrong({ code: 'command-failed', detail: `exit code ${code}` }, ended), subtests: [] };
}

function byKtap(ended: Ended): Outcome {
  const report = parseKtap(ended.output);
  const subtests = report.tests.flatMap((test) => flattened(test));
  const bad = subtests.filter(({ status }) => status === 'fail');
  const objections: Wrong[] = [
    ...report.problems.map((detail): Wrong => ({ code: 'answer-unexpected', detail: `KTAP: ${detail}` })),
    ...bad.map(
      ({ name, detail }): Wrong => ({
        code: 'subtest-failed',
        detail: detail === undefined ? name : `${name}: ${detail}`,
        where: { case: name },
      }),
    ),
  ];
  // The command failed, although no test did.
  if (objections.length === 0 && ended.code !== 0 && ended.code !== SKIPPED)
    objections.push({ code: 'command-failed', detail: `its tests passed, but its exit code is ${ended.code}` });
  if (objections.length > 0) return { report: failed(...objections), subtests };
  const passed = subtests.filter(({ status }) => status === 'pass').length;
  if (passed === 0)
    return {
      report: inconclusive('guest-unable', `none of ${countOf(subtests.length, 'test')} could run here`),
      subtests,
    };
  return { report: done(`${passed} of ${countOf(subtests.length, 'test')} passed`), subtests };
}

/** All leaf tests, each with its full name. */
function flattened({ name, status, reason, diagnostics, subtests }: KtapTest, above = ''): Subtest[] {
  const whole = above + (name === '' ? '(unnamed)' : name);
  if (subtests.length > 0) return subtests.flatMap((test) => flattened(test, `${whole} / `));
  const detail = reason || diagnostics.at(-1) || '';
  return [{ name: whole, status, ...(detail !== '' && { detail }) }];
}

const FioOutput = z.object({
  jobs: z.array(z.object({ jobname: z.string(), error: z.number() })).min(1),
});

function byFio(ended: Ended): Outcome {
  const output = fioOutput(ended.output);
  if (output === undefined) {
    const detail = `exit code ${ended.code}, but no JSON from fio (use fio --output-format=json)`;
    return { report: wrong({ code: 'answer-unexpected', detail }, ended), subtests: [] };
  }
  const subtests = output.jobs.map(
    ({ jobname, error }): Subtest =>
      error === 0 ? { name: jobname, status: 'pass' } : { name: jobname, status: 'fail', detail: `error ${error}` },
  );
  const bad = output.jobs.filter(({ error }) => error !== 0);
  if (bad.length > 0) {
    const objections = bad.map(
      ({ jobname, error }): Wrong => ({
        code: 'io-failed',
        detail: `fio job ${jobname}: error ${error}`,
        where: { case: jobname },
      }),
    );
    return { report: failed(...objections), subtests };
  }
  if (ended.code !== 0)
    return { report: wrong({ code: 'command-failed', detail: `exit code ${ended.code}` }, ended), subtests };
  return { report: done(`${countOf(subtests.length, 'fio job')} without an error`), subtests };
}

/** fio may print notes before and after the JSON. */
function fioOutput(text: string): z.infer<typeof FioOutput> | undefined {
  const begin = /^\{/m.exec(text)?.index;
  const end = text.lastIndexOf('\n}');
  if (begin === undefined || end < begin) return undefined;
  try {
    return FioOutput.safeParse(JSON.parse(text.slice(begin, end + 2))).data;
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
