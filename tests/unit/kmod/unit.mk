# SPDX-License-Identifier: GPL-2.0
# A unit test of pure kernel code, under ASan and UBSan. The directory's Makefile sets src (and cflags, libs, if need be)
# and includes this; the program is named like the directory.
top := ../../../..
kmod := $(top)/kmod
name := $(notdir $(CURDIR))
O ?= $(top)/build/unit/kmod/$(name)
flags := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I../../shim -I$(kmod) \
	-I$(kmod)/uapi -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
hdr := $(wildcard *.h ../../shim/*/*.h $(kmod)/*/*.h)

check: $(O)/$(name)
	$<

$(O)/$(name): $(src) $(hdr) Makefile ../unit.mk
	mkdir -p $(O)
	$(CC) $(flags) $(cflags) $(CFLAGS) -o $@ $(src) -lcmocka $(libs)

clean:
	rm -rf $(O)

.PHONY: check clean
