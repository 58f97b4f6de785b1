/** A device whose memory others may reach. */
export interface Peer {
  bdf: string;
  /** Who offers its memory to p2pdma. */
  driver: 'phyr_peer' | 'nvme';
  /** Host file behind that memory, or to which `look` copies it. */
  file: string;
  /** Brings the file up to date; the peer's driver has it. */
  look(): Promise<void>;
}
