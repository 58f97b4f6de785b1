/**
 * QEMU's account of what the device under test does, for the time of one cell: events switched on, and a mark in the trace each
 * time that another driver gets the device.
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

  /** A driver is about to get the function. */
  readonly onBind = async (bdf: string, driver: string): Promise<void> => {
    if (bdf !== this.#dut) return;
    // What the kernel's driver does is not judged, and would fill the trace.
    if (driver === OURS) await this.#booted.trace(this.#events, true);
    this.#owners.push({ from: await this.#booted.traceSize(), driver });
  };

  /** The cell is over. Lines that the story takes are to be offered to it in order. */
  async end(): Promise<NvmeTrace> {
    await this.#booted.trace(this.#events, false);
    return new NvmeTrace({ machine: this.#machine, owners: this.#owners, driver: OURS, bdf: this.#dut });
  }
}

const OURS = 'phyr_nvme';
