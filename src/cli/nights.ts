/** Which night it is: a new one, or the rest of the last. */
import { randomInt } from 'node:crypto';
import { NIGHT_SCHEMA, type Night, type NightStage } from '../model/index.js';
import { newRunId } from '../results/index.js';

export interface NightWish {
  /** Suites that there are. */
  suites: readonly string[];
  /** Of them, those that run on another kernel as well. */
  consumers: readonly string[];
  /** What the user wants instead of all that a night has. */
  words: readonly string[] | undefined;
  kernel: string;
  fresh: boolean;
}

/** A night that was begun so long ago is over, whatever became of it: its code is not today's. */
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
  if (wish.fresh) return { night, said: `night ${last.id} did not end and is left, as asked${begins}` };
  if (now.getTime() - Date.parse(last.started) > OVER_MS)
    return { night, said: `night ${last.id} did not end, and is too old to go on with${begins}` };
  if (asks(last.stages) !== asks(stages))
    return { night, said: `night ${last.id} did not end, and was to run something else${begins}` };
  return { night: last, said: `night ${last.id} did not end: it goes on` };
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
