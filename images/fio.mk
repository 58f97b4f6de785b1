# fio's own Makefile, but for two things: configure's part is fio.config, and the compiler is not asked once more what each object depends on.
CFLAGS := -D_GNU_SOURCE -include config-host.h -O2 -g0 -ffunction-sections -fdata-sections
LDFLAGS := -static -Wl,--gc-sections

include Makefile

%.o: %.c
	$(QUIET_CC)$(CC) -o $@ $(CFLAGS) $(CPPFLAGS) -c $<

$(FIO_OBJS): config-host.h

config-host.h: config-host.mak
	sed -n 's/^\(CONFIG_[^=]*\)=y$$/#define \1/p; s/^\(CONFIG_[^=]*\)=\([0-9]*\)$$/#define \1 \2/p' $< > $@
