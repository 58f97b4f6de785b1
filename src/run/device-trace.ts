/**
 * QEMU's trace of the device under test during one cell: switches the events on, and marks the trace each time that
 * another driver is bound to the device.
 */
import type { Machine } from '../model/index.js';
import { deviceEvents, NvmeTrace, type Owner } from '../oracle/index.js';
import type { BootedGuest } from './boot.js';

export class DeviceTracer {
  readonly #booted: BootedGuest;
  readonly #machine: Machine;
  readonly #dut: string;
  readonly #events: readonly string[];
  readonly #owners: Owner[] = [];

  constructor(booted: BootedGuest, machine: Machine, dut: string) {
    this.#booted = booted;
    this.#machine = machine;
    this.#dut = dut;
    this.#events = deviceEvents(machine.iommu);
  }

  /** Called before a driver is bound to the function. */
  readonly onBind = async (bdf: string, driver: string): Promise<void> => {
    if (bdf !== this.#dut) return;
    // The kernel's own driver is not judged, and its events would fill the trace.
    if (driver === OURS) await this.#booted.trace(this.#events, true);
    this.#owners.push({ from: await this.#booted.traceSize(), driver });
  };

  /** The cell is over. The caller must pass the lines that the story takes in their order. */
  async end(): Promise<NvmeTrace> {
    await this.#booted.trace(this.#events, false);
    return new NvmeTrace({ machine: this.#machine, owners: this.#owners, driver: OURS, bdf: this.#dut });
  }
}

const OURS = 'phyr_nvme';
