import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { countOf, ExitCode, glob, LineSplitter, shortLine, UsageError } from '../model/index.js';
import { type ForeignLog, judgeForeignLog, type LogJudgement, type LogObjection, readLog } from '../oracle/index.js';
import { columnsOf, say, wrapped } from '../terminal/index.js';

interface LogOptions {
  allow: string[];
  json?: boolean;
  whole?: boolean;
}

/** The most bytes read from a log. Even weeks of logging fit. */
const LARGEST = 256 << 20;
/** The most characters kept of a line. A record of the journal has more than its message. */
const LONGEST = 64 << 10;
/** How many lines of a report are shown without --whole. */
const SHOWN = 12;

export function logCommand(): Command {
  return new Command('log')

    .argument(
      '<FILE>',
      "a kernel log as written by /dev/kmsg, dmesg (-r, -x, -T), journalctl -o json, syslog or a serial console; '-' reads standard input",
    )
    .option(
      '--allow <PATTERN>',
      'accept lines that match this pattern as a whole; * matches any text; may be repeated',
      (pattern: string, before: string[]) => [...before, pattern],
      [],
    )
    .option('--whole', 'show all lines of each report')
    .option('--json', 'one JSON document on standard output')
    .action(async (file: string, { allow, json, whole }: LogOptions) => {
      const log = readLog(await linesOf(file));
      const judgement = judgeForeignLog(
        log,
        allow.map((pattern) => ({ test: glob(pattern) })),
      );
      const { format, levels, lost } = log;
      if (json) say(JSON.stringify({ schema: 1, file, format, levels, lost, ...judgement }, null, 2));
      else say(logLines(file, log, judgement, whole ? Number.POSITIVE_INFINITY : SHOWN).join('\n'));
      process.exitCode = { pass: ExitCode.ok, fail: ExitCode.failed, inconclusive: ExitCode.inconclusive }[
        judgement.verdict
      ];
    });
}

async function linesOf(file: string): Promise<string[]> {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), { longest: LONGEST });
  let bytes = 0;
  try {
    await pipeline(file === '-' ? process.stdin : createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > LARGEST)
          throw new UsageError(
            `${file} is larger than ${LARGEST >> 20} MiB`,
            'shorten it, for example with tail -c 200M',
          );
        splitter.push(chunk);
      }
    });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  splitter.end();
  return lines;
}

function logLines(file: string, { format, levels }: ForeignLog, judgement: LogJudgement, shown: number): string[] {
  const { verdict, reason, objections, lines, allowed } = judgement;
  const width = columnsOf(process.stdout);
  const summary = [
    `${countOf(objections.length, 'objection')} in ${countOf(lines, 'line')} of the kernel (${format})`,
    ...(levels ? [] : ['the log has no severities, so only known phrases were looked for']),
    ...(allowed > 0 ? [`${countOf(allowed, 'line')} allowed`] : []),
    ...(reason === undefined ? [] : [reason]),
  ];
  return [
    ...objections.flatMap((one) => objectionLines(file, one, width, shown)),
    ...wrapped(`${verdict}: ${summary.join('; ')}`, width),
  ];
}

function objectionLines(
  file: string,
  { detail, line, count, text }: LogObjection,
  width: number,
  shown: number,
): string[] {
  const head = `${file}:${line}: ${shortLine(detail)}${count > 1 ? ` (${count} times)` : ''}`;
  // A report of one line is complete with its heading.
  const below = text.length > 1 ? text.slice(0, shown).map((each) => `    ${shortLine(each)}`) : [];
  const more = text.length - below.length;
  return [
    ...wrapped(head, width),
    ...below.flatMap((each) => wrapped(each, width)),
    ...(text.length > 1 && more > 0 ? [`    ... (${countOf(more, 'line')} more: --whole)`] : []),
  ];
}
