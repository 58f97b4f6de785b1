/** How many mutants were noticed, by whom. */
import type { OracleName } from '../model/index.js';
import type { Outcome, Trial } from './trials.js';

export interface Score {
  killed: number;
  survived: number;
  unreached: number;
  explained: number;
  unjudged: number;
}

/** Of those that count: an explained one cannot be noticed, and of an unjudged one nothing is known. */
export function shares({ killed, survived, unreached }: Score): { reached: Share; all: Share } {
  return { reached: { of: killed + survived, killed }, all: { of: killed + survived + unreached, killed } };
}

export interface Share {
  killed: number;
  of: number;
}

export interface Summary {
  all: Score;
  files: readonly (Score & { file: string })[];
  operators: readonly (Score & { operator: string })[];
  /** How many each oracle objected to; several may object to one mutant. */
  oracles: readonly { oracle: OracleName; killed: number }[];
  how: Record<(Outcome & { kind: 'killed' })['how'], number>;
  skipped: Record<(Outcome & { kind: 'skipped' })['why'], number>;
  survivors: readonly Trial[];
  unreached: readonly Trial[];
  unjudged: readonly Trial[];
  /** Those that count, a unit of time that was spent on all. */
  anHour: number;
}

export function summaryOf(trials: readonly Trial[]): Summary {
  const of = (kind: Outcome['kind']) => trials.filter(({ outcome }) => outcome.kind === kind);
  const oracles = new Map<OracleName, number>();
  const how = { oracle: 0, load: 0, died: 0, stuck: 0 };
  const skipped = { 'does-not-compile': 0, 'same-code': 0, 'same-mutant': 0 };
  for (const { outcome } of trials) {
    if (outcome.kind === 'skipped') skipped[outcome.why]++;
    if (outcome.kind !== 'killed') continue;
    how[outcome.how]++;
    for (const oracle of new Set(outcome.oracles)) oracles.set(oracle, (oracles.get(oracle) ?? 0) + 1);
  }
  const ms = trials.reduce((sum, trial) => sum + trial.ms, 0);
  const judged = trials.length - of('skipped').length - of('explained').length;
  return {
    all: scoreOf(trials),
    files: grouped(trials, ({ file }) => file).map(([file, some]) => ({ file, ...scoreOf(some) })),
    operators: grouped(trials, ({ operator }) => operator).map(([operator, some]) => ({ operator, ...scoreOf(some) })),
    oracles: [...oracles].map(([oracle, killed]) => ({ oracle, killed })).sort((a, b) => b.killed - a.killed),
    how,
    skipped,
    survivors: of('survived'),
    unreached: of('unreached'),
    unjudged: of('unjudged'),
    anHour: ms === 0 ? 0 : (judged * 3_600_000) / ms,
  };
}

function scoreOf(trials: readonly Trial[]): Score {
  const score: Score = { killed: 0, survived: 0, unreached: 0, explained: 0, unjudged: 0 };
  for (const { outcome } of trials) if (outcome.kind !== 'skipped') score[outcome.kind]++;
  return score;
}

/** Sorted by name; without those of which none counts. */
function grouped(trials: readonly Trial[], nameOf: (trial: Trial) => string): [string, Trial[]][] {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials)
    if (trial.outcome.kind !== 'skipped') groups.set(nameOf(trial), [...(groups.get(nameOf(trial)) ?? []), trial]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
