/**
 * Guests that need not boot: they go on from the state of one that was ready, before any module of ours was in it. It is kept under the
 * hash of all that made it. Only the start of a guest (boot.ts) knows.
 */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { type RunKeys, readKeys, runArchive, writtenKeys } from '../guest/index.js';
import { type GuestStates, keyOf } from '../images/index.js';
import { describe, type Image, type Machine, type Topology } from '../model/index.js';
import { backingFiles, type Guest, qemuArgv, stateLost } from '../qemu/index.js';

export interface BootedAs {
  image: Image;
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
}

export interface SavedGuest {
  /** The folder that QEMU wrote. */
  dir: string;
  /** What that guest's SSH server knows. */
  keys: RunKeys;
}

/** What is written, and how a guest is made ready, beyond what the key says by itself. */
const STEP = 2;
const KEYS = 'keys.json';

export class Snapshots {
  readonly #states: Pick<GuestStates, 'find' | 'keep' | 'discard'>;
  readonly #say: (text: string) => void;
  readonly #underway = new Set<string>();

  /** @param say is told what went wrong, which costs no more than a boot */
  constructor(states: Pick<GuestStates, 'find' | 'keep' | 'discard'>, say: (text: string) => void) {
    this.#states = states;
    this.#say = say;
  }

  async find(booted: BootedAs): Promise<SavedGuest | undefined> {
    if (stateLost(booted.machine, booted.topology) !== undefined) return undefined;
    const key = stateKey(booted);
    const onDamage = (damage: string) => this.#say(`the kept state of ${booted.machine.id} is damaged: ${damage}`);
    try {
      const dir = await this.#states.find(key, onDamage);
      return dir === undefined ? undefined : { dir, keys: readKeys(await readFile(join(dir, KEYS), 'utf8')) };
    } catch (error) {
      this.#say(`the kept state of ${booted.machine.id} cannot be read: ${describe(error)}`);
      return undefined;
    }
  }

  /** A state that did not go on: it is made anew by the next guest that boots. */
  async discard(booted: BootedAs, why: unknown): Promise<void> {
    this.#say(`${booted.machine.id} boots, since its kept state did not go on: ${describe(why)}`);
    await this.#states.discard(stateKey(booted)).catch(() => {});
  }

  /** Is this guest's state to be had, and not just being written? */
  async keeps(booted: BootedAs, guest: Guest): Promise<boolean> {
    if (stateLost(booted.machine, booted.topology) !== undefined || this.#underway.has(stateKey(booted))) return false;
    return (await guest.unsaveable()) === undefined;
  }

  /** Nobody may be logged in. That it cannot be kept is no error: the next one boots as well. */
  async keep(booted: BootedAs, guest: Guest, keys: RunKeys): Promise<void> {
    const key = stateKey(booted);
    this.#underway.add(key);
    try {
      await this.#states.keep(key, async (dir) => {
        await guest.save(dir);
        await writeFile(join(dir, KEYS), writtenKeys(keys), { mode: 0o600 });
      });
    } catch (error) {
      this.#say(`the state of ${booted.machine.id} is not kept: ${describe(error)}`);
    } finally {
      this.#underway.delete(key);
    }
  }
}

/** Everything that could move a guest that is ready. QEMU's arguments say machine and topology: a state goes on only where they are the same. */
export function stateKey({ image, machine, topology, accelerator }: BootedAs, cpu = hostCpu): string {
  const argv = qemuArgv({
    machine,
    topology,
    accelerator,
    dataDirs: [],
    kernel: '',
    initrd: '',
    backing: new Map(backingFiles(machine, topology).map(({ key }) => [key, key])),
    qmpFd: 0,
    consoleFd: 0,
    traceFile: '',
  });
  const { qemu, kernel, rootfs } = image;
  const host = accelerator === 'kvm' ? cpu() : '';
  const given = runArchive(NO_KEYS).toString('base64');
  return keyOf(STEP, qemu.key, kernel.key, rootfs.key, given, argv, backingFiles(machine, topology), host);
}

const NO_KEYS: RunKeys = {
  client: { privateKey: '', authorizedKey: '' },
  host: { dropbear: Buffer.alloc(0), publicBlob: Buffer.alloc(0) },
};

/** With KVM the guest has the host's processor, as its kernel lets it be seen. */
function hostCpu(): string {
  const [first = ''] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
  return `${release()}\n${first.replaceAll(/^(cpu MHz|bogomips|BogoMIPS)\b.*$/gm, '')}`;
}
