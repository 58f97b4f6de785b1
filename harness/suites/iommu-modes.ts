import type { Machine } from '../../src/model/index.js';
import {
  amdPassthrough,
  amdStrict,
  virtioLazy,
  virtioStrict,
  vtdCaching,
  vtdFirstStage,
  vtdFirstStagePassthrough,
  vtdLazy,
  vtdPassthrough,
  vtdSecondStage,
  vtdStrict,
} from '../machines.js';

/** Every mode of every IOMMU. */
export const iommuModes: Machine[] = [
  vtdStrict,
  vtdLazy,
  vtdPassthrough,
  vtdCaching,
  vtdSecondStage,
  vtdFirstStage,
  vtdFirstStagePassthrough,
  virtioStrict,
  virtioLazy,
  amdStrict,
  amdPassthrough,
];

/** To a consumer, each of these is like another mode, so a few cells per push are enough. */
export const redundantModes: readonly Machine[] = [
  vtdCaching,
  vtdSecondStage,
  vtdFirstStagePassthrough,
  amdPassthrough,
];
