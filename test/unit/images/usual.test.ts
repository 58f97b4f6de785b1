import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordMs, usualMs } from '../../../src/images/usual.js';
import { countingSpec, openCache, temporaryDir } from './fixtures.js';

describe('how long an image takes', () => {
  it('is known of the long ones before anything was made here, for the cores that there are', () => {
    const folder = temporaryDir();
    const two = usualMs(folder, 'modules', 2) ?? 0;
    expect(two).toBeGreaterThan(10_000);
    expect(usualMs(folder, 'modules', 4)).toBe(Math.round(two / 2));
    expect(usualMs(folder, 'modules', 64)).toBe(usualMs(folder, 'modules', 8));
    expect(usualMs(folder, 'kernel-7.3', 2)).toBeUndefined();
  });

  it('is what it was here the last time', () => {
    const folder = path.join(temporaryDir(), 'times');
    recordMs(folder, 'modules', 4_321.4);
    expect(usualMs(folder, 'modules', 2)).toBe(4_321);
    recordMs(folder, 'kernel-7.3', 900);
    expect(usualMs(folder, 'kernel-7.3', 2)).toBe(900);
  });

  it('is not read from what says nothing, and a folder that cannot be written does no harm', () => {
    const folder = temporaryDir();
    writeFileSync(path.join(folder, 'fio'), 'soon\n');
    mkdirSync(path.join(folder, 'modules'));
    expect(usualMs(folder, 'fio', 2)).toBeGreaterThan(10_000);
    recordMs(folder, 'modules', 5);
    expect(usualMs(folder, 'modules', 2)).toBeGreaterThan(10_000);
  });

  it('is told when one begins that was made before', async () => {
    const dir = temporaryDir();
    const spec = countingSpec('content', 30);
    const first = await openCache(dir);
    await first.cache.entry(spec);
    const second = await openCache(dir);
    await second.cache.entry({ ...spec, key: 'fedcba9876543210' });
    const usual = (events: typeof first.events) => events.find(({ type }) => type === 'step-start');
    expect(usual(first.events)).not.toHaveProperty('usual_ms');
    expect(usual(second.events)).toMatchObject({ usual_ms: expect.any(Number) });
  });
});
