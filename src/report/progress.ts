import { formatBytes, type Progress, withInvocation } from '../model/index.js';
import { formatSeconds } from './format.js';
import type { StatusLine } from './status-line.js';

type Amount = Extract<Progress, { type: 'step-progress' }>;

/** Shows how images are built and downloaded. Steps that the cache answers print nothing. */
export function progressReporter(status: StatusLine): (event: Progress) => void {
  const amounts = new Map<string, string>();
  const ended = (id: string) => {
    amounts.delete(id);
    status.now(`image ${id}`, undefined);
  };
  return (event) => {
    switch (event.type) {
      case 'step-start': {
        const { id, step, usual_ms } = event;
        const started = performance.now();
        status.now(`image ${id}`, () => stepText(step, performance.now() - started, amounts.get(id), usual_ms));
        break;
      }
      case 'step-progress':
        amounts.set(event.id, amountOf(event));
        break;
      case 'step-end':
        ended(event.id);
        if (!event.cached) status.print(`${event.step}: ${formatSeconds(event.ms)}`);
        break;
      case 'step-failed':
        ended(event.id);
        break;
      case 'note':
        status.say(event.text);
        break;
      case 'warning':
        status.say(`warning: ${withInvocation(event.text)}`);
        break;
    }
  };
}

function amountOf({ done, total, unit }: Amount): string {
  return unit === 'bytes' ? `${formatBytes(done)} of ${formatBytes(total)}` : `${done} of ${total} ${unit}`;
}

/** `modules: 12 s of about 40 s`. */
export function stepText(step: string, ms: number, amount: string | undefined, usual: number | undefined): string {
  const seconds = (time: number) => `${Math.round(time / 1000)} s`;
  const of = usual === undefined || usual <= ms ? '' : ` of about ${seconds(usual)}`;
  return `${step}: ${amount === undefined ? '' : `${amount}, `}${seconds(ms)}${of}`;
}
