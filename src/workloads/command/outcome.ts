/** From how a command ended and what it wrote to what the workload's oracle says. Pure. */
import { z } from 'zod';
import { type KtapTest, parseKtap } from '../../guest/index.js';
import { countOf, type OracleReport, type Subtest } from '../../model/index.js';
import { done, failed, inconclusive, type Wrong } from '../shared/result.js';
import type { Command } from './declaration.js';

export interface Ended {
  /** Exit code; 128 + n if a signal ended it. */
  code: number;
  /** It was ended because its time was up. */
  late: boolean;
  /** It was ended because it wrote more than is kept. */
  endless: boolean;
  /** What the disk under test read and wrote meanwhile. */
  kib: number;
  /** Standard output and standard error, as they came. */
  output: string;
}

export interface Outcome {
  report: OracleReport;
  subtests: Subtest[];
}

/** By which a test of the kernel's selftests says that it had nothing to test. */
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
  // Of a function the harness does not know what it moves.
  if (report.verdict === 'pass' && dut === 'disk' && ended.kib < movesKiB) {
    const detail = `the disk under test moved ${ended.kib} KiB, and the workload says that it moves ${movesKiB} at least`;
    return { report: inconclusive('disk-unused', detail), subtests };
  }
  return { report, subtests };
}

function wrong(objection: Wrong, { output }: Ended): OracleReport {
  const said = lastLine(output);
  return failed({
    ...objection,
    detail: said === '' ? objection.detail : `${objection.detail}; it said last: ${said}`,
  });
}

function byExitCode(ended: Ended): Outcome {
  const { code } = ended;
  if (code === 0) return { report: done('exit code 0'), subtests: [] };
  if (code === SKIPPED)
    return {
      report: inconclusive('guest-unable', `it skipped itself (exit code 4): ${lastLine(ended.output)}`),
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
  // A failure that no test accounts for.
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

/** Each test that has none below it, by its whole name. */
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
    const detail = `exit code ${ended.code}, and no JSON of fio (fio --output-format=json)`;
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

/** Between the notes that fio writes before and after it. */
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
