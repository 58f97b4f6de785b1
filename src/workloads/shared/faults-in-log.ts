/** What a kernel says of a device that goes where it may not, on each kind of IOMMU. */
export const FAULTS_IN_LOG = [
  /^DMAR: .*fault/i,
  /(^|: )AMD-Vi: Event logged \[IO_PAGE_FAULT/,
  /^virtio_iommu \S+: page fault from EP/,
  // The event, and below it its words and its bytes.
  /^arm-smmu-v3 \S+: (event 0x|event: F_(TRANSLATION|PERMISSION|ADDR_SIZE|ACCESS) |\s*0x[0-9a-f]{16}$|(un)?priv )/,
  /^(dmar_fault|viommu_fault_handler|amd_iommu_report_page_fault|arm_smmu_\w+): \d+ callbacks suppressed$/,
];
