/** Finds what is new in a night compared with earlier ones. Pure. */
import { isGood, type Night, type NightStage, type Outcome, type Verdict } from '../model/index.js';

export interface Item {
  cell: string;
  stage: string;
  reason: string;
  /** The verdict changed although the images are the same, so chance plays a part. */
  sameImages: boolean;
}

export interface News {
  counts: Record<Verdict, number>;
  newFailures: Item[];
  stillFailing: Item[];
  fixed: Item[];
  /** Cells whose verdict changed back and forth, or changed with the same images. They may be among the failures, too. */
  flaky: Item[];
  lost: Item[];
  inconclusive: Item[];
  /** Cells that were lost at first and then retried. */
  again: number;
  regressions: string[];
  /** Stages that could not run. */
  trouble: string[];
}

/** How many nights are used to find flaky cells. */
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

/** What a verdict says about the code under test, if anything. Expected failures are not news. */
function objectionReport(verdict: Verdict): Past['verdict'] | undefined {
  if (isGood(verdict)) return 'pass';
  return verdict === 'fail' ? verdict : undefined;
}

/** The verdicts of each cell of a stage, newest first, without nights that gave none. */
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
