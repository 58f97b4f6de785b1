/** The data that the page reads: made by pack.ts, read by page/. A `Text` is the number of one among `texts`. */

type Text = number;
/** Number of a verdict: fail, lost, inconclusive, skip, xfail, caught, pass. */
type VerdictNumber = number;
type Said = [oracle: Text, verdict: VerdictNumber, detail: Text];

export interface PackedCell {
  id: Text;
  /** Machine, topology, workload, backend. */
  parts: Text[];
  plant?: Text;
  v: VerdictNumber;
  reason?: Text;
  ms: number;
  oracles?: Said[];
  metrics?: [name: Text, unit: Text, value: number][];
  /** What was due, the machine and the workload, the PCI tree: of cells whose declaration is known. */
  due?: Text;
  setup?: Text;
  tree?: Text;
  /** Folder below the run's. */
  evidence?: Text;
  /** Why earlier attempts were lost. */
  earlier?: Text[];
  /** Where it was another than the run's. */
  kernel?: Text;
  log?: { file: Text; from: number; left: number; lines: Text[] };
  /** Where it is not `command`. */
  repro?: Text;
}

export interface PackedCause {
  v: VerdictNumber;
  oracle?: Text;
  finding: Text;
  also: Said[];
  where: [part: string, values: Text[], passesWith: Text[], all: boolean][];
  /** Their places among `cells`. */
  cells: number[];
}

export interface Packed {
  /** How a cell is run again; U+0001 stands for its id. */
  command: string;
  cells: PackedCell[];
  causes: PackedCause[];
  texts: string[];
}
