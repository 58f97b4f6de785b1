/*
 * two.object and two.txt are made of this, so that tests read what a compiler writes:
 *   gcc-14 -O2 -gdwarf-5 -fno-asynchronous-unwind-tables -fdebug-prefix-map=$PWD=/box/two -c two.c -o two.object
 *   objdump -d --no-show-raw-insn two.object | tail -n +4 > two.txt
 */
#include "two.h"

int init_module(void);

__attribute__((section(".init.text"))) int init_module(void)
{
	return reached(1);
}

int reached(int value)
{
	if (value > 3)
		return unlikely_one(value);
	return twice(value);
}
