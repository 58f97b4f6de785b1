import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selfChecks } from '../../../src/images/self-checks.js';

const debug = readFileSync(join(import.meta.dirname, '..', '..', '..', 'images', 'kernel-debug.config'), 'utf8');

describe('a kernel that checks itself', () => {
  it('is slow, and with KASAN must not have tables of five levels', () => {
    expect(selfChecks(debug)).toEqual({ patience: 3, args: ['no5lvl'] });
    expect(selfChecks('CONFIG_PROVE_LOCKING=y\n')).toEqual({ patience: 3, args: [] });
  });

  it('is told from an ordinary one', () => {
    expect(selfChecks('# CONFIG_KASAN is not set\nCONFIG_PROVE_LOCKING_X=y\n')).toEqual({ patience: 1, args: [] });
  });
});
