/** Fetches and builds what the guests boot once, before the first test's clock starts. */
import { openImages } from '../../src/images/index.js';

export default async function setup(): Promise<void> {
  const images = await openImages({
    progress: (event) => {
      if (event.type === 'step-end' && !event.cached) console.log(`${event.step}: ${(event.ms / 1000).toFixed(1)} s`);
      if (event.type === 'warning') console.warn(event.text);
    },
    signal: new AbortController().signal,
  });
  try {
    await images.image('7.3');
    await images.image('7.3', { plants: true });
  } finally {
    await images[Symbol.asyncDispose]();
  }
}
