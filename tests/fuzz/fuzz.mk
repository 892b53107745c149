# SPDX-License-Identifier: GPL-2.0
# A fuzz target, named like its directory. The Makefile there sets src (and max_len of an input, cflags, libs, if need
# be) and includes this. Inputs to start from are in its corpus/, if it has one.
top := ../../../..
kmod := $(top)/kmod
helper := $(top)/helper
mount := $(top)/mount-helper
common := $(addprefix $(helper)/common/,addr.c buf.c err.c fail.c id.c log.c str.c)
name := $(notdir $(CURDIR))
kind := $(notdir $(patsubst %/,%,$(dir $(CURDIR))))
shim := $(top)/tests/unit/shim
O ?= $(top)/build/fuzz/$(kind)/$(name)
FUZZ_SECONDS ?= 10
# The suite begins alike each time; whoever looks for faults takes other seeds (0: a new one)
FUZZ_SEED ?= 1
max_len ?= 1024
flags := -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror
flags_kmod := -I$(shim) -I$(kmod) -I$(kmod)/uapi
flags_mount := -D_GNU_SOURCE -DKEFS_VERSION='"0"' -I$(mount) -I$(helper) -include $(helper)/common/banned.h
flags_helper := -D_GNU_SOURCE -I$(helper) -include $(helper)/common/banned.h
hdr := $(wildcard *.h $(shim)/*/*.h $($(kind))/*/*.h)

check: $(O)/$(name)
	mkdir -p $(O)/corpus
	$< -seed=$(FUZZ_SEED) -max_total_time=$(FUZZ_SECONDS) -max_len=$(max_len) -artifact_prefix=$(O)/ $(O)/corpus $(wildcard corpus)

$(O)/$(name): $(src) $(hdr) Makefile ../../fuzz.mk
	mkdir -p $(O)
	clang $(flags) $(flags_$(kind)) $(cflags) $(CFLAGS) -o $@ $(src) $(libs)

clean:
	rm -rf $(O)

.PHONY: check clean
