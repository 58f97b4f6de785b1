/** What a night says that the nights before it did not. Pure. */
import { isGood, type Night, type NightStage, type Outcome, type Verdict } from '../model/index.js';

export interface Item {
  cell: string;
  stage: string;
  reason: string;
  /** It passed, or failed, on the very same images before: chance has a part in it. */
  sameImages: boolean;
}

export interface News {
  counts: Record<Verdict, number>;
  newFailures: Item[];
  stillFailing: Item[];
  fixed: Item[];
  /** Whose verdict went to and fro, or changed though nothing else did. May be among the failures as well. */
  flaky: Item[];
  lost: Item[];
  inconclusive: Item[];
  /** Cells that were lost at first. */
  again: number;
  regressions: string[];
  /** Stages that could not be run. */
  trouble: string[];
}

/** Nights that are looked at for cells that go to and fro. */
const WEEK = 7;

/** @param before earlier nights, oldest first; only those that ended count */
export function newsOf(night: Night, before: readonly Night[]): News {
  const news: News = {
    counts: { pass: 0, caught: 0, xfail: 0, fail: 0, inconclusive: 0, lost: 0, skip: 0 },
    newFailures: [],
    stillFailing: [],
    fixed: [],
    flaky: [],
    lost: [],
    inconclusive: [],
    again: 0,
    regressions: night.stages.flatMap(({ regressions = [] }) => regressions),
    trouble: night.stages.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [`${name}: ${trouble}`])),
  };
  const ended = before.filter((one) => one.ended !== undefined);
  for (const stage of night.stages) {
    const past = pastOf(stage, ended);
    for (const outcome of stage.outcomes ?? []) tell(news, stage, outcome, past.get(outcome.cell) ?? []);
  }
  return news;
}

interface Past {
  verdict: 'pass' | 'fail';
  images: string | undefined;
}

/** What a verdict says of what is under test, if anything. What the kernel is known to do wrong is nothing new. */
function objectionReport(verdict: Verdict): Past['verdict'] | undefined {
  if (isGood(verdict)) return 'pass';
  return verdict === 'fail' ? verdict : undefined;
}

/** What each cell of a stage was found to be, newest first; nights that could not say are left out. */
function pastOf({ name }: NightStage, nights: readonly Night[]): Map<string, Past[]> {
  const past = new Map<string, Past[]>();
  for (const night of nights.toReversed())
    for (const stage of night.stages.filter((one) => one.name === name))
      for (const { cell, verdict } of stage.outcomes ?? []) {
        const said = objectionReport(verdict);
        if (said !== undefined) past.set(cell, [...(past.get(cell) ?? []), { verdict: said, images: stage.images }]);
      }
  return past;
}

function tell(news: News, stage: NightStage, outcome: Outcome, past: readonly Past[]): void {
  const { cell, verdict, reason, again } = outcome;
  const [last] = past;
  const said = objectionReport(verdict);
  const changed = last !== undefined && last.verdict !== said;
  const sameImages = changed && last.images !== undefined && last.images === stage.images;
  const item: Item = { cell, stage: stage.name, reason, sameImages };
  news.counts[verdict]++;
  if (again) news.again++;
  if (verdict === 'lost') news.lost.push(item);
  if (verdict === 'inconclusive') news.inconclusive.push(item);
  if (verdict === 'fail') (last?.verdict === 'fail' ? news.stillFailing : news.newFailures).push(item);
  if (said === undefined) return;
  const recent = [said, ...past.slice(0, WEEK - 1).map((one) => one.verdict)];
  const turns = recent.filter((one, at) => at > 0 && one !== recent[at - 1]).length;
  if (turns >= 2 || sameImages) news.flaky.push(item);
  else if (said === 'pass' && changed) news.fixed.push(item);
}
