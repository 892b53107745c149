# SPDX-License-Identifier: GPL-2.0
# Kefs. `make help` lists the targets; each calls one part's Makefile or one script.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr
DESTDIR ?=
export PREFIX DESTDIR

top := $(CURDIR)
# O= is for the helper; Kbuild would take it for its own
kmake = $(MAKE) -C $(KDIR) $(if $(ARCH),ARCH=$(ARCH)) M=$(top) O= $(if $(KEFS_DEBUG),KEFS_DEBUG=$(KEFS_DEBUG))
part = $(if $(wildcard $(1)/Makefile),$(MAKE) -C $(1) $(if $(O),O=$(abspath $(O))/$(1)) $(2))

.PHONY: all help module helper mount-helper demo check lint lint-deep fuzz bench install clean

all: module helper mount-helper

help:
	@echo 'make demo          serve a directory in a guest, mount it there with the stock client, show both sides'
	@echo 'make check         all tests (KEFS_KERNELS=DIR saves building the guest kernels)'
	@echo
	@echo 'make module        kefs.ko for KDIR=$(KDIR) (ARCH=, KEFS_DEBUG=1)'
	@echo 'make helper        kefsd and kefsctl (O=DIR: below it; default build/)'
	@echo 'make mount-helper  mount.efs and its watchdog'
	@echo 'make install       module, helper, mount helper (DESTDIR=, PREFIX=, KVER=)'
	@echo 'make lint          the checks of every commit; lint-deep: the slow ones'
	@echo 'make fuzz          every fuzz target for FUZZ_SECONDS (600)'
	@echo 'make bench         ratios beside the kernel'"'"'s own NFS server'
	@echo 'make clean'

module:
	$(kmake) modules

helper:
	$(call part,helper,all)

mount-helper:
	$(call part,mount-helper,all)

demo:
	scripts/demo

check:
	tests/run

lint:
	scripts/lint

lint-deep:
	scripts/lint deep

fuzz:
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) FUZZ_SEED=$(or $(FUZZ_SEED),0) tests/run fuzz

bench:
	scripts/bench

install: all
	install -D -m 644 kefs.ko $(DESTDIR)/lib/modules/$(KVER)/updates/kefs.ko
	$(if $(DESTDIR),,depmod $(KVER))
	$(call part,helper,install)
	$(call part,mount-helper,install)

# Not through KDIR: there may be none
clean:
	find $(top)/kmod -name '*.o' -o -name '.*.cmd' -o -name '.*.d' | xargs -r rm -f --
	rm -f kefs.ko kefs.o kefs.mod kefs.mod.c kefs.mod.o .kefs.* .*.cmd modules.order Module.symvers
	rm -rf build
	$(call part,helper,clean)
	$(call part,mount-helper,clean)
