import { expect, it } from 'vitest';
import { isEventPattern } from '../../../src/cli/shell.js';

it.each(['pci_nvme_read', 'vtd_*', '*', 'virtio_iommu_?map'])('--trace takes %s', (word) => {
  expect(isEventPattern(word)).toBe(true);
});

it.each(['', 'help', '?', 'file=/tmp/x', 'events=/etc/passwd', '-vtd_*', 'a b', 'a\nb', 'x'.repeat(101)])(
  "--trace does not hand '%s' to QEMU",
  (word) => {
    expect(isEventPattern(word)).toBe(false);
  },
);
