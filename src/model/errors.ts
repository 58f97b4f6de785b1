/**
 * The two kinds of errors of phyrlab itself. What a guest does wrong is a verdict, not an error.
 */
/** Bad input. The message says in one line what is wrong, `hint` what to do. Exit code 64; nothing was changed. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The infrastructure failed (a build tool, QEMU, SSH, the disk). A cell in which this happens is `lost`. */
export class InfraError extends Error {
  override name = 'InfraError';
  /** The log file with the evidence, or its last lines. */
  readonly evidence: string | undefined;
  constructor(message: string, evidence?: string, options?: ErrorOptions) {
    super(message, options);
    this.evidence = evidence;
  }
}

/** The guest is not the machine that its scenario declares, and another boot would not change that. */
export class NotAsDeclared extends InfraError {
  override name = 'NotAsDeclared';
}

/** The guest ended or stopped answering: a panic, a reset, an emulator error. Detected from outside, at once. */
export class GuestDied extends Error {
  override name = 'GuestDied';
  readonly how: 'panic' | 'shutdown' | 'qemu-exit' | 'emulator-error' | 'hang';
  /** The processor exception that the kernel reported before it panicked. */
  readonly oops: string | undefined;
  constructor(how: GuestDied['how'], message: string, oops?: string) {
    super(message);
    this.how = how;
    this.oops = oops;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
