import { expect, it } from 'vitest';
import { complaint, escapePath, parseStanzas } from '../../../src/images/apt.js';

it('reads the control format', () => {
  const text = [
    'Package: a',
    'Version: 1:2-3',
    'Description: short',
    ' long text',
    ' .',
    'Checksums-Sha256:',
    ` ${'0'.repeat(64)} 12 a_2.orig.tar.gz`,
    '',
    'Package: b',
    'SHA256: ff',
    '',
    '',
  ].join('\n');
  expect(parseStanzas(text)).toEqual([
    {
      Package: 'a',
      Version: '1:2-3',
      Description: 'short\nlong text\n.',
      'Checksums-Sha256': `\n${'0'.repeat(64)} 12 a_2.orig.tar.gz`,
    },
    { Package: 'b', SHA256: 'ff' },
  ]);
});

it('finds the line in which apt says what is wrong', () => {
  const said = [
    'Err:1 http://mirror.example/debian trixie InRelease',
    "  Could not resolve 'mirror.example'",
    'W: Some index files failed',
    "E: Failed to fetch http://mirror.example/InRelease  Could not resolve 'mirror.example'",
    'E: Some index files failed to download.',
  ].join('\n');
  expect(complaint(said)).toBe("Failed to fetch http://mirror.example/InRelease Could not resolve 'mirror.example'");
  expect(complaint('nothing known\nlast line\n')).toBe('last line');
});

it('escapes what is not plain in a file name', () => {
  expect(escapePath('pool/main/g/g++/a_1:2+b~c.deb')).toBe('pool/main/g/g%2B%2B/a_1%3A2%2Bb~c.deb');
});
