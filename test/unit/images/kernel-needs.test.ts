import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingOptions, needsOf, settingsOf } from '../../../src/images/kernel-needs.js';
import { changedBy, readFragment, variantOf } from '../../../src/images/kernel-variant.js';
import { projectRoot } from '../../../src/model/project-root.js';
import { temporaryDir } from './fixtures.js';

const debug = readFileSync(path.join(projectRoot, 'images', 'kernel-debug.config'), 'utf8');

describe('what a kernel needs', () => {
  it('is all in the kernel that is built here', () => {
    expect(missingOptions(debug, 'x86_64', ['intel', 'amd', 'virtio'])).toEqual([]);
  });

  it('is named, all of it at once, with what each is for', () => {
    const all = needsOf('aarch64', ['smmuv3']).map(({ option }) => `CONFIG_${option}=y\n`);
    const config = all
      .join('')
      .replace('CONFIG_INET=y', '# CONFIG_INET is not set')
      .replace('CONFIG_AIO=y', 'CONFIG_AIO=m');
    expect(missingOptions(config, 'aarch64', ['smmuv3'])).toEqual(['CONFIG_INET=y (SSH)', 'CONFIG_AIO=y, not m (fio)']);
    const modular = all.join('').replace('CONFIG_VIRTIO_NET=y', 'CONFIG_VIRTIO_NET=m');
    expect(missingOptions(modular, 'aarch64', ['smmuv3'])).toEqual([]);
  });
});

describe('a variant', () => {
  const fragment = (text: string): string => {
    const file = path.join(temporaryDir(), 'mine.config');
    writeFileSync(file, text);
    return file;
  };

  it('is named by the kernel and the file that changes it; a directory is none', () => {
    expect(variantOf('debug+/home/me/my.config')).toEqual({ base: 'debug', file: '/home/me/my.config' });
    for (const spec of ['7.3', '7.3.4+deb13-cloud-amd64', './linux+x', '/src/a+b'])
      expect(variantOf(spec)).toBeUndefined();
  });

  it('says each option once, the last word being the fragment', () => {
    const text = changedBy(
      '# why\nCONFIG_A=y\nCONFIG_B=y\nCONFIG_N=1\n',
      '# CONFIG_A is not set\nCONFIG_N=2\nCONFIG_C="x y"\n',
    );
    expect(text).toBe('# why\nCONFIG_B=y\nCONFIG_A=n\nCONFIG_N=2\nCONFIG_C="x y"\n');
    expect(settingsOf(text).get('CONFIG_A')).toBe('n');
  });

  it('of lines that are none is refused, with file and line', () => {
    const file = fragment('CONFIG_A=y\n\nKASAN=y\n');
    expect(() => readFragment(file)).toThrow(`${file}:3 is not a line of a kernel configuration: KASAN=y`);
    expect(() => readFragment(fragment('# nothing\n'))).toThrow('sets no option');
    expect(() => readFragment('/no/such/file')).toThrow('ENOENT');
  });
});
