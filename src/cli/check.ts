import { Command } from 'commander';
import { openImages } from '../images/index.js';
import { countOf, ExitCode } from '../model/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { say } from '../terminal/index.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions } from './options.js';

const KERNELS = ['7.3', '7.2'];

export function checkCommand(): Command {
  return addImageOptions(new Command('check')).action(check);
}

async function check(options: ImageOptions): Promise<void> {
  using interrupt = interruptible();
  using status = new StatusLine(process.stderr);
  await using images = await openImages({
    ...options,
    progress: progressReporter(status),
    signal: interrupt.signal,
  });
  const complaints = await images.checkGuest(KERNELS);
  for (const { about, line } of complaints) say(`${about}: ${line}`);
  const what = `guest/ on ${KERNELS.join(' and ')}: compiler, sparse, checkpatch`;
  say(complaints.length === 0 ? `${what}: clean` : `${what}: ${countOf(complaints.length, 'complaint')}`);
  process.exitCode = complaints.length === 0 ? ExitCode.ok : ExitCode.failed;
}
