/** The exit codes of all commands. */
export const ExitCode = { ok: 0, failed: 1, inconclusive: 2, lost: 3, usage: 64, interrupted: 130 } as const;

/** For the help text. */
export const EXIT_CODES: Record<keyof typeof ExitCode, string> = {
  ok: 'all passed',
  failed: 'a failure',
  inconclusive: 'nothing failed, but an oracle could not look',
  lost: 'the host or phyrlab broke',
  usage: 'bad input',
  interrupted: 'interrupted (Ctrl-C)',
};
