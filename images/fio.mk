# fio's own Makefile, but for three things: configure's part is fio.config, the compiler is not asked once more what each object depends on, and
# engines and profiles that no job of ours names are left out.
CFLAGS := -D_GNU_SOURCE -include config-host.h -O2 -g0 -ffunction-sections -fdata-sections
LDFLAGS := -static -Wl,--gc-sections
UNUSED := $(addprefix engines/,cpu exec falloc fileoperations ftruncate io_uring mmap net null nvme sg) profiles/act profiles/tiobench
override OBJS = $(filter-out $(UNUSED:%=%.o),$(SOURCE:.c=.o))

include Makefile

%.o: %.c
	$(QUIET_CC)$(CC) -o $@ $(CFLAGS) $(CPPFLAGS) -c $<

$(FIO_OBJS): config-host.h

config-host.h: config-host.mak
	sed -n 's/^\(CONFIG_[^=]*\)=y$$/#define \1/p; s/^\(CONFIG_[^=]*\)=\([0-9]*\)$$/#define \1 \2/p' $< > $@
