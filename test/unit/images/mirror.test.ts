import { describe, expect, it } from 'vitest';
import { checkMirror, chooseMirror, findMirror, parseIndexTargets } from '../../../src/images/mirror.js';
import { UsageError } from '../../../src/model/index.js';

const choose = (lines: string[]) => chooseMirror(parseIndexTargets(lines.join('\n')));

describe("the host's mirror", () => {
  it('is where the Debian archive comes from, not the security archive and not a third party', () => {
    const chosen = choose([
      'https://packages.example/apt/|Vendor|Vendor|stable|/usr/share/keyrings/vendor.gpg',
      'http://security.example/debian-security/|Debian|Debian-Security|bookworm-security|',
      'http://mirror.example/debian/|Debian|Debian|bookworm|/usr/share/keyrings/debian-archive-keyring.gpg',
    ]);
    expect(chosen).toBe('http://mirror.example/debian/');
  });

  it('is recognised by its keyring before the first apt-get update', () => {
    const chosen = choose([
      'https://packages.example/apt/||| stable|/usr/share/keyrings/vendor.gpg',
      'http://mirror.example/debian-security/|||bookworm-security|/usr/share/keyrings/debian-archive-keyring.gpg',
      'http://mirror.example/deb/|||bookworm|/usr/share/keyrings/debian-archive-keyring.gpg',
    ]);
    expect(chosen).toBe('http://mirror.example/deb/');
  });

  it('is recognised by its path where sources name no keyring', () => {
    expect(choose(['http://mirror.example/debian|||bookworm|'])).toBe('http://mirror.example/debian');
  });

  it('is none on Ubuntu or without sources', () => {
    expect(choose(['http://archive.example/ubuntu/|Ubuntu|Ubuntu|noble|'])).toBeNull();
    expect(choose([''])).toBeNull();
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
