import { describe, expect, it } from 'vitest';
import { blocksDue } from '../../../src/oracle/index.js';

const PAGE = 4096;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('blocks', () => {
  it('of one range are the smallest that holds it all', () => {
    expect(blocksDue([{ phys: 5 * PAGE, bytes: PAGE }])).toEqual({ block: PAGE, blocks: 1, why: 'enough', at: 0 });
    expect(blocksDue([{ phys: 5 * PAGE, bytes: 2 * PAGE }])).toEqual({
      block: 2 * MIB,
      blocks: 1,
      why: 'enough',
      at: 0,
    });
    expect(blocksDue([{ phys: 2 * MIB - PAGE, bytes: 2 * PAGE }])).toEqual({
      block: GIB,
      blocks: 1,
      why: 'largest',
      at: 0,
    });
  });

  it('of one range that no block holds are the largest', () => {
    expect(blocksDue([{ phys: GIB - PAGE, bytes: GIB }])).toEqual({ block: GIB, blocks: 2, why: 'largest', at: 0 });
  });

  it('meet where the ranges do', () => {
    const runs = [
      { phys: 2 * MIB - PAGE, bytes: PAGE },
      { phys: 8 * MIB, bytes: 4 * MIB },
      { phys: 4 * MIB, bytes: PAGE },
    ];
    expect(blocksDue(runs)).toEqual({ block: 2 * MIB, blocks: 4, why: 'boundary', at: PAGE });
  });

  it('say where a larger one would have had to end', () => {
    const runs = [
      { phys: 2 * MIB, bytes: 2 * MIB },
      { phys: 8 * MIB, bytes: 2 * MIB },
      { phys: 16 * MIB, bytes: PAGE },
      { phys: 32 * MIB, bytes: PAGE },
    ];
    expect(blocksDue(runs)).toEqual({ block: PAGE, blocks: 1026, why: 'boundary', at: 4 * MIB + PAGE });
  });
});
