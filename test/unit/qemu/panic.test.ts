import { describe, expect, it } from 'vitest';
import { PanicReader, panicIn } from '../../../src/qemu/panic.js';

function read(console: string) {
  const reader = new PanicReader();
  return console.split('\n').flatMap((line) => reader.read(line) ?? []);
}

describe('panicIn', () => {
  it('finds the reason', () => {
    expect(panicIn('[    1.2] Kernel panic - not syncing: sysrq triggered crash')).toBe('sysrq triggered crash');
    expect(panicIn('[    1.2] ---[ end Kernel panic')).toBeUndefined();
  });
});

describe('PanicReader', () => {
  it('names the exception that led to the panic, and where it was', () => {
    const console = `[   16.148575] Oops: int3: 0000 [#1] SMP NOPTI
[   16.149546] CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 7.3.4+deb13-cloud-amd64 #1 PREEMPT(lazy)
[   16.156594] RIP: 0010:sched_clock_cpu+0x9/0x1f0
[   16.235626] RIP: 0010:get_random_u32+0xf8/0x130
[   16.272111] Kernel panic - not syncing: Fatal exception in interrupt`;
    const oops = 'Oops: int3: 0000 [#1] SMP NOPTI at sched_clock_cpu+0x9/0x1f0';
    expect(read(console)).toEqual([{ reason: 'Fatal exception in interrupt', oops }]);
  });

  it('knows the way in which arm64 says it', () => {
    const console = `[    2.5] Internal error: Oops: 0000000096000005 [#1]  SMP
[    2.6] pc : nvme_map_data+0x44/0x3c0
[    2.7] Kernel panic - not syncing: Oops: Fatal exception`;
    expect(read(console)).toEqual([
      {
        reason: 'Oops: Fatal exception',
        oops: 'Internal error: Oops: 0000000096000005 [#1]  SMP at nvme_map_data+0x44/0x3c0',
      },
    ]);
  });

  it('names none where the kernel panicked by itself', () => {
    const reason = 'Attempted to kill init! exitcode=0x00000100';
    expect(read(`[    1.5] Kernel panic - not syncing: ${reason}`)).toEqual([{ reason }]);
  });
});
