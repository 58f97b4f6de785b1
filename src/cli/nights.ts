/** Decides whether a new night begins or the last one is resumed. */
import { randomInt } from 'node:crypto';
import { NIGHT_SCHEMA, type Night, type NightStage } from '../model/index.js';
import { newRunId } from '../results/index.js';

export interface NightWish {
  /** All suites. */
  suites: readonly string[];
  /** Those of them that also run on another kernel. */
  consumers: readonly string[];
  /** What the user wants instead of the usual stages. */
  words: readonly string[] | undefined;
  kernel: string;
  fresh: boolean;
}

/** A night that started longer ago is not resumed: the code has changed since. */
const OVER_MS = 20 * 3_600_000;

export function beginNight(
  last: Night | undefined,
  wish: NightWish,
  now = new Date(),
  seed = randomInt(2 ** 32),
): { night: Night; said: string } {
  const stages = stagesOf(wish);
  const night: Night = { schema: NIGHT_SCHEMA, id: newRunId(now), started: now.toISOString(), seed, stages };
  if (last === undefined || last.ended !== undefined) return { night, said: `night ${night.id}, seed ${seed}` };
  const begins = `; night ${night.id} begins`;
  if (wish.fresh) return { night, said: `night ${last.id} is unfinished and abandoned, as requested${begins}` };
  if (now.getTime() - Date.parse(last.started) > OVER_MS)
    return { night, said: `night ${last.id} is unfinished and too old to resume${begins}` };
  if (asks(last.stages) !== asks(stages))
    return { night, said: `night ${last.id} is unfinished, but ran something else${begins}` };
  return { night: last, said: `resuming unfinished night ${last.id}` };
}

function asks(stages: readonly NightStage[]): string {
  return JSON.stringify(stages.map(({ name, words, kernel }) => [name, words, kernel]));
}

const [NEWER, OLDER] = ['7.3', '7.2'];

function stagesOf({ suites, consumers, words, kernel }: NightWish): NightStage[] {
  if (words !== undefined) return [{ name: 'suites', words: [...words], kernel }];
  const all = [
    { name: 'suites', words: ['nightly'], kernel },
    { name: 'consumers', words: [...consumers], kernel: kernel === OLDER ? NEWER : OLDER },
    { name: 'debug', words: ['debug'], kernel: 'debug' },
    { name: 'bench', words: ['bench'], kernel },
  ];
  return all.filter(({ words }) => words.length > 0 && words.every((word) => suites.includes(word)));
}
