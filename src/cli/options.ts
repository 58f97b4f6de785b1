import { type Command, InvalidArgumentError } from 'commander';

/** Where images come from; shared by every command that may build some. */
export interface ImageOptions {
  mirror?: string;
  locked?: boolean;
  offline?: boolean;
  qemu?: string;
}

export function addImageOptions(command: Command): Command {
  return command
    .option('--mirror <URL>', "Debian mirror (default: $PHYRLAB_MIRROR, else the one that the host's apt uses)")
    .option('--locked', 'take only the package versions of the lock files; fail if one has left the mirror')
    .option('--offline', 'use only what the cache holds')
    .option('--qemu <PATH>', 'a qemu-system-x86_64 of your own instead of the pinned one');
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}
