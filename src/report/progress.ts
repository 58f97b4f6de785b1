import { formatBytes, type Progress, typedHere } from '../model/index.js';
import type { StatusLine } from './status-line.js';

/** Shows the building and fetching of images. Steps that the cache answers stay silent. */
export function progressReporter(status: StatusLine): (event: Progress) => void {
  return (event) => {
    switch (event.type) {
      case 'step-start':
        status.show(`${event.step} ...`);
        break;
      case 'step-progress': {
        const amount =
          event.unit === 'bytes'
            ? `${formatBytes(event.done)} of ${formatBytes(event.total)}`
            : `${event.done} of ${event.total} ${event.unit}`;
        status.show(`${event.step}: ${amount}`);
        break;
      }
      case 'step-end':
        if (!event.cached) status.print(`${event.step}: ${(event.ms / 1000).toFixed(1)} s`);
        status.clear();
        break;
      case 'note':
        status.print(event.text);
        break;
      case 'warning':
        status.print(`warning: ${typedHere(event.text)}`);
        break;
    }
  };
}
