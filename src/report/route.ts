/** The paths that DMA may take, in words. */

import type { P2pRoute } from '../fabric/index.js';
import type { DmaPath } from '../model/index.js';

export const DMA_PATH_TEXT: Record<DmaPath, string> = {
  direct: 'by physical address',
  iova: 'by IOVA',
  bounce: 'through bounce buffers',
  'bus-address': 'by bus address',
  'host-bridge': 'through the host bridge',
};

export function formatRoute(route: P2pRoute): string {
  switch (route.kind) {
    case 'works':
      return `works, ${DMA_PATH_TEXT[route.how]}: ${route.why}`;
    case 'refused':
      return `refused with ${route.errno}: ${route.why}`;
    case 'not-modelled':
      return `not modelled: ${route.why}`;
  }
}
