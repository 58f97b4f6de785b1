/** In a file of its own, so that commands which only need shortLine() load no schema. */
import { z } from 'zod';
import { shortLine } from './text.js';

/** Limits text from outside wherever it is made or read: nothing recorded of a run is longer. */
export const ShortLine = z.string().overwrite(shortLine);
