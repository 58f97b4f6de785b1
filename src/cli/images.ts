import { Command } from 'commander';
import { ARCHES } from '../arches/index.js';
import { type Images, type ImagesOptions, notUsedFor, openImages } from '../images/index.js';
import { countOf, formatBytes } from '../model/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { columnsOf, flowing, say } from '../terminal/index.js';
import { bytesOf, listed } from './gc.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions, wholeNumber } from './options.js';

export function imagesCommand(): Command {
  const command = new Command('images');
  command.addCommand(
    addImageOptions(new Command('build'))
      .description('build what is missing, and verify every file that is there')
      .argument(
        '[NAME...]',
        'qemu, toolbox, rootfs, a kernel (7.3, 7.2, debug, DIR); default: all that kernel 7.3 needs',
      )
      .action(build),
  );
  command.addCommand(
    new Command('update')
      .description('lock the package versions that the mirror has now')
      .argument('[NAME...]', 'qemu, toolbox, rootfs, 7.3, 7.2, debug; default: all')
      .option('--mirror <URL>', "Debian mirror (default: $PHYRLAB_MIRROR, else the one that the host's apt uses)")
      .action(update),
  );
  command.addCommand(new Command('list').description('list what the cache holds').action(list));
  command.addCommand(
    new Command('gc')
      .description('remove images that were not used for some time')
      .option('--keep-days <N>', 'for how many days to keep an unused image', wholeNumber(0, 36_500), 30)
      .option('--dry-run', 'list what would be removed and how much space that frees; remove nothing')
      .action(gc),
  );
  return command;
}

async function build(names: string[], options: ImageOptions): Promise<void> {
  await withImages({ ...options, deep: true }, async (images) => {
    await Promise.all((names.length > 0 ? names : ['qemu', 'rootfs', '7.3']).map((name) => buildOne(name, images)));
  });
}

async function buildOne(name: string, images: Images): Promise<void> {
  for (const { id, build } of ARCHES) {
    if (name === build.qemu) return void (await images.qemu(id));
    if (name === (build.crossTools ?? 'toolbox')) return void (await images.toolbox(id));
    if (name === build.rootfs) return void (await images.rootfs(id));
  }
  const kernel = await images.kernel(name.replace(/^kernel-/, ''));
  await images.modules(kernel);
  // Shares most of its build with the modules without defects.
  await images.modules(kernel, { plants: true });
}

async function update(names: string[], options: ImageOptions): Promise<void> {
  await withImages(options, async (images) => {
    const known = images.groups();
    const groups = names.map((name) => (known.includes(`kernel-${name}`) ? `kernel-${name}` : name));
    for (const group of groups.length > 0 ? groups : known) {
      const changes = await images.update(group);
      say(`${group}: ${changes.length === 0 ? 'nothing new' : `${changes.length} changed`}`);
      for (const change of changes) say(`  ${change}`);
    }
  });
}

async function list(): Promise<void> {
  await withImages({}, async (images) => {
    const entries = await images.list();
    for (const { name, key, bytes, used } of entries) {
      const when = used.toISOString().slice(0, 16).replace('T', ' ');
      const columns = [name.padEnd(16), key, formatBytes(bytes).padStart(10)];
      for (const line of flowing(columns, `used ${when}`, columnsOf(process.stdout))) say(line);
    }
    const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    say(`${countOf(entries.length, 'image')}, ${formatBytes(total)}, in ${images.cacheDir}`);
  });
}

async function gc({ keepDays, dryRun }: { keepDays: number; dryRun?: boolean }): Promise<void> {
  await withImages({}, async (images) => {
    const unused = notUsedFor(keepDays, await images.removable(), new Date());
    if (dryRun) {
      for (const line of listed(unused.map(({ id, bytes }) => ({ what: id, bytes })))) say(line);
      return say(`${unused.length} would be removed, ${formatBytes(bytesOf(unused))} freed`);
    }
    const { removed, bytes } = await images.remove(unused);
    for (const name of removed) say(`removed ${name}`);
    say(`${removed.length} removed, ${formatBytes(bytes)} freed`);
  });
}

async function withImages(
  options: Omit<ImagesOptions, 'progress' | 'signal'>,
  work: (images: Images) => Promise<void>,
): Promise<void> {
  using interrupt = interruptible();
  using status = new StatusLine(process.stderr);
  const progress = progressReporter(status);
  await using images = await openImages({ ...options, progress, signal: interrupt.signal });
  await work(images);
}
