/**
 * Snapshots of guests: a snapshot is saved when a guest is ready, before any of our modules is loaded, and stored by
 * the hash of everything that made the guest. Only boot.ts uses them.
 */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { type RunKeys, readKeys, runArchive, writtenKeys } from '../guest/index.js';
import { type GuestStates, keyOf } from '../images/index.js';
import { type Image, type Machine, messageOf, type Topology } from '../model/index.js';
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
  /** Keys of that guest's SSH server. */
  keys: RunKeys;
}

/** Version of what is saved and how a guest is prepared, as far as the other parts of the key do not show it. */
const STEP = 2;
const KEYS = 'keys.json';

export class Snapshots {
  readonly #states: Pick<GuestStates, 'find' | 'save' | 'discard'>;
  readonly #say: (text: string) => void;
  readonly #underway = new Set<string>();

  /** @param say receives warnings: a failure costs no more than a boot */
  constructor(states: Pick<GuestStates, 'find' | 'save' | 'discard'>, say: (text: string) => void) {
    this.#states = states;
    this.#say = say;
  }

  async find(booted: BootedAs): Promise<SavedGuest | undefined> {
    if (stateLost(booted.machine, booted.topology) !== undefined) return undefined;
    const key = stateKey(booted);
    const onDamage = (damage: string) => this.#say(`the snapshot of ${booted.machine.id} is damaged: ${damage}`);
    try {
      const dir = await this.#states.find(key, onDamage);
      return dir === undefined ? undefined : { dir, keys: readKeys(await readFile(join(dir, KEYS), 'utf8')) };
    } catch (error) {
      this.#say(`the snapshot of ${booted.machine.id} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Removes a snapshot that could not be restored. The next guest that boots saves a new one. */
  async discard(booted: BootedAs, why: unknown): Promise<void> {
    this.#say(`${booted.machine.id} boots, since its snapshot could not be restored: ${messageOf(why)}`);
    await this.#states.discard(stateKey(booted)).catch(() => {});
  }

  /** Can a snapshot of this guest be saved, and is nobody just saving one? */
  async canSave(booted: BootedAs, guest: Guest): Promise<boolean> {
    if (stateLost(booted.machine, booted.topology) !== undefined || this.#underway.has(stateKey(booted))) return false;
    return (await guest.unsaveable()) === undefined;
  }

  /** Nobody may be logged in. If it fails, the next guest boots as well; that is no error. */
  async save(booted: BootedAs, guest: Guest, keys: RunKeys): Promise<void> {
    const key = stateKey(booted);
    this.#underway.add(key);
    try {
      await this.#states.save(key, async (dir) => {
        await guest.save(dir);
        await writeFile(join(dir, KEYS), writtenKeys(keys), { mode: 0o600 });
      });
    } catch (error) {
      this.#say(`no snapshot of ${booted.machine.id} was saved: ${messageOf(error)}`);
    } finally {
      this.#underway.delete(key);
    }
  }
}

/**
 * Hash of everything that a ready guest depends on. QEMU's arguments describe machine and topology: a snapshot can only
 * be restored with the same ones.
 */
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

/** With KVM the guest has the host's processor, as far as the host kernel exposes it. */
function hostCpu(): string {
  const [first = ''] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
  return `${release()}\n${first.replaceAll(/^(cpu MHz|bogomips|BogoMIPS)\b.*$/gm, '')}`;
}
