import { describe, expect, it } from 'vitest';
import { checkMirror, chooseMirror, findMirror, guessMirror, parseIndexTargets } from '../../../src/images/mirror.js';
import { UsageError } from '../../../src/model/index.js';

describe("the host's mirror", () => {
  const choose = (lines: string[]) => chooseMirror(parseIndexTargets(lines.join('\n')));

  it('is where the Debian archive comes from, not the security archive and not a third party', () => {
    const chosen = choose([
      'https://packages.example/apt/|Vendor|Vendor',
      'http://security.example/debian-security/|Debian|Debian-Security',
      'cdrom://disc/|Debian|Debian',
      'http://mirror.example/debian/|Debian|Debian',
    ]);
    expect(chosen).toBe('http://mirror.example/debian/');
  });

  it('is none on Ubuntu or without sources', () => {
    expect(choose(['http://archive.example/ubuntu/|Ubuntu|Ubuntu'])).toBeNull();
    expect(choose([''])).toBeNull();
  });
});

describe("the host's mirror before its first apt-get update", () => {
  const uri = (path: string) => `'http://${path}.xz' some_file 0 `;

  it('is a debian directory with updates, not a vendor nor the security archive', () => {
    const output = [
      uri('vendor.example/linux/debian/dists/trixie/stable/binary-amd64/Packages'),
      uri('other.example/debian/dists/trixie/main/binary-amd64/Packages'),
      uri('mirror.example/debian-security/dists/trixie-security/main/binary-amd64/Packages'),
      uri('mirror.example/debian/dists/trixie/main/binary-amd64/Packages'),
      uri('mirror.example/debian/dists/trixie-updates/main/binary-amd64/Packages'),
    ].join('\n');
    expect(guessMirror(output)).toBe('http://mirror.example/debian');
  });

  it('is none on Ubuntu', () => {
    expect(guessMirror(uri('archive.example/ubuntu/dists/noble-updates/main/binary-amd64/Packages'))).toBeNull();
    expect(guessMirror('')).toBeNull();
  });
});

describe('a mirror by hand', () => {
  it('is taken as it is, without the slash at its end', () => {
    expect(checkMirror('http://mirror.example/debian/')).toBe('http://mirror.example/debian');
    expect(checkMirror('file:///srv/debian')).toBe('file:///srv/debian');
  });

  it.each(['mirror.example', 'ftp://mirror.example/debian', 'http://mirror.example/a b', 'http://m/" x'])(
    'is refused: %s',
    (text) => {
      expect(() => checkMirror(text)).toThrow(UsageError);
    },
  );

  it('by option outranks the environment', async () => {
    const { signal } = new AbortController();
    const env = { PHYRLAB_MIRROR: 'http://b.example/debian' };
    expect(await findMirror('http://a.example/debian', env, signal)).toBe('http://a.example/debian');
    expect(await findMirror(undefined, env, signal)).toBe('http://b.example/debian');
  });
});
