/** The data of the page: written by pack.ts, read by page/. A `Text` is an index into `texts`. */

type Text = number;
/** Index of a verdict: fail, lost, inconclusive, skip, xfail, caught, pass. */
type VerdictNumber = number;
type PackedOracle = [oracle: Text, verdict: VerdictNumber, detail: Text];

export interface PackedCell {
  id: Text;
  /** Machine, topology, workload, backend. */
  parts: Text[];
  plant?: Text;
  v: VerdictNumber;
  reason?: Text;
  ms: number;
  oracles?: PackedOracle[];
  metrics?: [name: Text, unit: Text, value: number][];
  /** Tests that the workload ran. */
  subtests?: [name: Text, status: Text, detail: Text][];
  /** The expected result, machine and workload, and PCI tree, if the cell's declaration is known. */
  due?: Text;
  setup?: Text;
  tree?: Text;
  /** The folder of its evidence, below the run's. */
  evidence?: Text;
  /** Why earlier attempts were lost. */
  earlier?: Text[];
  /** If it differs from the run's. */
  kernel?: Text;
  log?: { file: Text; from: number; left: number; lines: Text[] };
  /** If it differs from `command`. */
  repro?: Text;
}

export interface PackedCause {
  v: VerdictNumber;
  oracle?: Text;
  finding: Text;
  also: PackedOracle[];
  where: [part: string, values: Text[], passesWith: Text[], all: boolean][];
  /** Indexes into `cells`. */
  cells: number[];
}

export interface Packed {
  /** The command that runs a cell again, with U+0001 for its id. */
  command: string;
  cells: PackedCell[];
  causes: PackedCause[];
  texts: string[];
}
