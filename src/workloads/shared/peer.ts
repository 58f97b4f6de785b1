/** A device whose memory others can access. */
export interface Peer {
  bdf: string;
  /** The driver that offers its memory to p2pdma. */
  driver: 'phyr_peer' | 'nvme';
  /** The host file behind that memory, or into which `look` copies it. */
  file: string;
  /** Updates the file. The peer's driver must be bound. */
  look(): Promise<void>;
}
