#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wrapped.sh NM fail.o OBJECT...: checks that fail.o wraps exactly the calls of the objects that can fail.
# Functions that allocate are recognised by the end of their names.
nm=$1 fail=$2
shift 2
CAN_FAIL='_noprof$|^dma_(alloc|map|iova_(try_alloc|link|sync))|^iommu_map|^pin_user|^sg_alloc|^percpu_ref_init$'

wrapped=$($nm --defined-only "$fail" | sed -n 's/.* T __wrap_//p')
called=$($nm -u "$@" | sed -n 's/^ *U //p' | sort -u)
status=0

# object TEXT...: report an error of fail.c
object() {
	echo "${fail%.o}.c:1: error: $*" >&2
	status=1
}

for name in $wrapped; do
	echo "$called" | grep -qxF -e "$name" ||
		object "it wraps $name, which phyr.ko does not call with this kernel"
done
for name in $(echo "$called" | grep -E "$CAN_FAIL"); do
	echo "$wrapped" | grep -qxF -e "$name" ||
		object "phyr.ko calls $name, which can fail, and nothing wraps it"
done
exit $status
