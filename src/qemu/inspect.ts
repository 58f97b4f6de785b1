/** Looking into a guest's memory from outside, through QEMU's monitor. */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import type { Qmp } from './qmp.js';

/** 64-bit words of the guest's physical memory, or of a device register there. */
export async function readWords(qmp: Qmp, address: bigint, count: number): Promise<bigint[]> {
  const command = `xp /${count}xg 0x${address.toString(16)}`;
  const said = await qmp.execute('human-monitor-command', z.string(), { 'command-line': command });
  const words = said.split('\n').flatMap((line) => line.slice(line.indexOf(':') + 1).match(/0x[0-9a-f]+/g) ?? []);
  if (words.length !== count) throw new InfraError(`QEMU does not show the guest's memory at ${address}`, said);
  return words.map(BigInt);
}
