/** The schema of a detail. Apart from what it does, which commands need that load no schema. */
import { z } from 'zod';
import { told } from './text.js';

/** Where it is read, and where it is made: nothing that is recorded of a run is longer, whoever said it. */
export const Told = z.string().overwrite(told);
