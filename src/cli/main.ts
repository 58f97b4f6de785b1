import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
// Not imported from the index: building its schemas takes longer than most commands.
import { InfraError, UsageError } from '../model/errors.js';
import { EXIT_CODES, ExitCode } from '../model/exit-code.js';
import { hostFault } from '../model/host-fault.js';
import { hostPath } from '../model/host-path.js';
import { withInvocation } from '../model/invocation.js';
import { projectRoot } from '../model/project-root.js';
import { complain, print } from '../terminal/index.js';
import { COMMANDS } from './commands.js';
import { Interrupted } from './interrupt.js';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };

export async function main(argv: string[]): Promise<void> {
  process.env.PATH = hostPath();
  const program = new Command('phyrlab')
    .description("A QEMU-backed hardware test harness for the Linux kernel's DMA mapping code")
    .version(version)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', `\nOptions of a command: phyrlab help COMMAND\n\nExit codes:\n${exitCodes().join('\n')}`);
  const asked = commandIn(argv.slice(2));
  for (const [name, { does, examples, load }] of Object.entries(COMMANDS)) {
    const command = name === asked ? await load() : new Command(name);
    for (const one of command.commands) one.addHelpText('after', formatExamples(examples, `${name} ${one.name()}`));
    program.addCommand(command.description(does).addHelpText('after', formatExamples(examples, name)));
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)]) {
    command.showHelpAfterError(`  usage: ${command.createHelp().commandUsage(command)}`);
    command.exitOverride().configureOutput({
      writeOut: (text) => print(process.stdout, text),
      writeErr: (text) => print(process.stderr, text),
      // One line says what is wrong, the next the usage.
      outputError: (text, write) => write(text.replace(/^error: /, 'phyrlab: ').replace(/\n\((?=Did you mean)/, ' (')),
    });
  }
  // If the reader has seen enough (`| head`), the output ends, but not the run.
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

function formatExamples(examples: readonly string[], command: string): string {
  const fitting = examples.filter((example) => `${example} `.startsWith(`phyrlab ${command} `));
  return ['', fitting.length === 1 ? 'Example:' : 'Examples:', ...fitting.map((example) => `  ${example}`)].join('\n');
}

/** The command that the user runs, or wants help for. */
function commandIn(words: readonly string[]): string | undefined {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

function exitCodes(): string[] {
  const names = Object.keys(ExitCode) as (keyof typeof ExitCode)[];
  return names.map((name) => `${String(ExitCode[name]).padStart(5)}  ${EXIT_CODES[name]}`);
}

/** Prints one line for the user (and what to do), and returns the exit code. */
function report(error: unknown): number {
  // Report what ended the work, not what failed while cleaning up after it.
  if (error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error)
    return report(error.suppressed);
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof Interrupted) return say('interrupted', ExitCode.interrupted);
  if (error instanceof UsageError) {
    return say(
      error.hint === undefined ? error.message : `${error.message}\n  ${withInvocation(error.hint)}`,
      ExitCode.usage,
    );
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
