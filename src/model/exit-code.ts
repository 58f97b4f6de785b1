/** The design's exit codes. */
export const ExitCode = { ok: 0, failed: 1, inconclusive: 2, lost: 3, usage: 64, interrupted: 130 } as const;

/** What each means, for the help. */
export const EXIT_CODES: Record<keyof typeof ExitCode, string> = {
  ok: 'all passed',
  failed: 'a failure',
  inconclusive: 'nothing failed, and something could not be told',
  lost: 'the host or phyrlab broke',
  usage: 'bad input',
  interrupted: 'interrupted (Ctrl-C)',
};
