import { expect, it } from 'vitest';
import { longDetails } from '../../../src/run/evidence.js';

it('what a record says in part only is kept whole, and nothing else', () => {
  const detail = `fio:\n${'x'.repeat(5000)}`;
  const long = longDetails({
    reason: 'short',
    oracles: [
      { name: 'workload', verdict: 'fail', detail },
      { name: 'data', verdict: 'pass', detail: 'two\nlines' },
    ],
  });
  expect(long).toEqual([`workload:\n${detail}\n`]);
});
