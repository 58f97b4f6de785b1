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

/** Every way in which an IOMMU is driven. */
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

/** Each is for a consumer what another mode is as well; for every push a few cells on it will do. */
export const likeOthers: readonly Machine[] = [vtdCaching, vtdSecondStage, vtdFirstStagePassthrough, amdPassthrough];
