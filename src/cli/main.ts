import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { ExitCode, hostFault, hostPath, InfraError, UsageError } from '../model/index.js';
import { complain, print } from '../terminal/index.js';
import { benchCommand } from './bench.js';
import { checkCommand } from './check.js';
import { doctorCommand } from './doctor.js';
import { findingsCommand } from './findings.js';
import { gcCommand } from './gc.js';
import { imagesCommand } from './images.js';
import { Interrupted } from './interrupt.js';
import { listCommand } from './list.js';
import { mergeCommand } from './merge.js';
import { nightlyCommand } from './nightly.js';
import { perfCommand } from './perf.js';
import { reloadCommand } from './reload.js';
import { reportCommand } from './report.js';
import { reproCommand } from './repro.js';
import { runCommand } from './run.js';
import { shellCommand } from './shell.js';
import { showCommand } from './show.js';
import { watchCommand } from './watch.js';

/** From the built file. */
const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

export async function main(argv: string[]): Promise<void> {
  process.env.PATH = hostPath();
  const program = new Command('phyrlab')
    .description("A QEMU-backed hardware test harness for the Linux kernel's DMA mapping code")
    .version(version)
    .addHelpText('after', '\nExit codes: 0 all passed, 1 a failure, 2 inconclusive, 3 infrastructure lost, 64 usage.');
  const commands = [
    runCommand(),
    reproCommand(),
    mergeCommand(),
    nightlyCommand(),
    gcCommand(),
    listCommand(),
    showCommand(),
    shellCommand(),
    reloadCommand(),
    watchCommand(),
    imagesCommand(),
    reportCommand(),
    findingsCommand(),
    perfCommand(),
    checkCommand(),
    benchCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => print(process.stdout, text),
      writeErr: (text) => print(process.stderr, text),
      outputError: (text, write) => write(text.replace(/^error: /, 'phyrlab: ')),
    });
  }
  // A reader that has seen enough (`| head`) ends the reading, not the run.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** One line for a person (and what to do), the exit code for a script. */
function report(error: unknown): number {
  // What ended the work, and not what could not be put away after it.
  if (error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error)
    return report(error.suppressed);
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof Interrupted) return say('interrupted', ExitCode.interrupted);
  if (error instanceof UsageError) {
    return say(error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`, ExitCode.usage);
  }
  if (error instanceof InfraError) {
    return say(
      error.evidence === undefined ? error.message : `${error.message}\n${indent(error.evidence)}`,
      ExitCode.lost,
    );
  }
  const fault = hostFault(error);
  if (fault !== undefined) return report(fault);
  return say(
    `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ExitCode.lost,
  );
}

function say(text: string, code: number): number {
  complain(text);
  return code;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '  | ');
}
