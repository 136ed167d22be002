# Tidemark. `make help` lists the targets; `make demo` and `make check` need nothing but git, make and root or sudo.
SHELL := /bin/bash
BUILD ?= build
MAKEFLAGS += --jobs=$(shell nproc)
SAN ?=
V ?= 0

# ---- packages: what is missing is installed once, from the distribution
ifeq ($(filter help format clean,$(MAKECMDGOALS)),)
DEPS := $(shell packaging/deps.sh build >&2 || echo failed)
ifneq ($(DEPS),)
$(error packages are missing: see the lines above)
endif
endif

PKGS := libuv rdkafka libcurl yaml-0.1 libxxhash liblz4 jansson libpcre2-8 lua5.4
VERSION := $(shell cat daemon/VERSION)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Wformat=2 -Wimplicit-fallthrough -Werror
HARD := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
ifeq ($(findstring clang,$(CC)),) # clang before 16 has it behind another switch
HARD += -ftrivial-auto-var-init=zero
else
WARN += -Wno-gnu-statement-expression -Wno-string-conversion -Wno-unknown-warning-option -Wno-missing-field-initializers
endif
LINK := -Wl,-z,relro,-z,now -Wl,-z,noexecstack,-z,separate-code,-z,nodlopen
ifneq ($(SAN),)
HARD := -fsanitize=$(SAN) -fno-omit-frame-pointer -Wno-format-truncation
LINK := -fsanitize=$(SAN)
CPPFLAGS += $(if $(findstring clang,$(CC)),$(if $(findstring address,$(SAN)),-D__SANITIZE_ADDRESS__)) # as gcc says it
WARN += -Wno-format-truncation -Wno-format-overflow -Wno-nonnull # the checks that it adds look to gcc as if NULL could pass
endif
ifeq ($(SAN),coverage)
HARD := --coverage -fprofile-update=atomic -fno-builtin-execvp # a child of vfork() must not count
LINK := --coverage -Wl,--wrap=_exit
endif
OPT ?= -O2
CPPFLAGS += -D_GNU_SOURCE -DTIDEMARK_VERSION='"$(VERSION)"' -Idaemon $(shell pkg-config --cflags $(PKGS))
CFLAGS += -std=gnu11 -g $(OPT) -fPIE -fno-strict-overflow -fno-delete-null-pointer-checks $(WARN) $(HARD)
LDFLAGS += -pie $(LINK)
LDLIBS += $(shell pkg-config --libs $(PKGS)) -lpthread -lm

# ---- what is linked with what: the doors of daemon/io are real in the daemon, simulated in tests/sim
DOORS := $(wildcard daemon/io/*.c) $(if $(filter thread,$(SAN)),tests/tsan_threads.c)
MAIN := daemon/cli/main.c
CORE := $(filter-out $(DOORS) $(MAIN),$(wildcard daemon/*/*.c)) $(if $(filter coverage,$(SAN)),tests/coverage/exit.c)
UNIT := $(wildcard tests/unit/*/*_test.c)
UNIT_HELP := $(filter-out $(UNIT),$(wildcard tests/unit/*/*.c))
FAULTY := $(shell sed -nE 's/^(FAULTY|MOVING).(\w+),.*/\2/p' tests/unit/io/fault.c) open ioctl fcntl syscall # calls that unit tests make fail
SIM := $(wildcard tests/sim/*.c daemon/io/store_webhdfs*.c daemon/io/webhdfs_*.c) # the real client, on simulated HTTP
FUZZ := $(wildcard tests/fuzz/*_fuzz.c)
FUZZ_SIM := $(wildcard tests/fuzz/sim/*_fuzz.c)
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

.PHONY: all demo check check-asan check-tsan coverage check-real proof proof-short fuzz fuzzing bench tidy lint docs format install help clean compile_commands.json
all: $(BUILD)/tidemark

$(BUILD)/tidemark: $(call obj,$(CORE) $(DOORS) $(MAIN))
	@echo "  LINK  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/unit: $(call obj,$(CORE) $(DOORS) $(UNIT) $(UNIT_HELP)) $(BUILD)/unit_main.o
	@echo "  LINK  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(shell pkg-config --libs check)

$(BUILD)/unit: LDFLAGS += $(FAULTY:%=-Wl,--wrap=%)

# no verbs here: what they do is only to ask
$(BUILD)/sim: $(call obj,$(filter-out daemon/cli/%,$(CORE)) $(SIM))
	@echo "  LINK  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# the store's door as a program, for tests of whole processes
$(BUILD)/store_driver: $(call obj,$(CORE) $(DOORS) tests/scenario/store_driver.c)
	@echo "  LINK  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# what it is preloaded to meets a fault at a call of its
$(BUILD)/fault.so: tests/scenario/fault.c
	@mkdir -p $(@D); echo "  LINK  $@"; $(CC) -D_GNU_SOURCE -std=gnu11 -O1 -fPIC -shared -Wall -Wextra -o $@ $<

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(call obj,$(CORE) $(DOORS))
	@mkdir -p $(@D); echo "  LINK  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/bench/fake_broker: $(call obj,$(wildcard tests/bench/broker/*.c))
.PRECIOUS: $(BUILD)/tests/bench/%.o

# under gcc they replay tests/fuzz/corpus; `make fuzz` builds them with clang's libFuzzer. What fuzz_sim has runs in the simulator
FUZZ_MAIN := $(call obj,tests/fuzz/fuzz.c tests/fuzz/main.c)
$(BUILD)/fuzz: $(call obj,$(CORE) $(DOORS) $(FUZZ)) $(FUZZ_MAIN) $(BUILD)/fuzz_table.o
$(BUILD)/fuzz_sim: $(call obj,$(filter-out daemon/cli/%,$(CORE)) $(filter-out %/main.c,$(SIM)) $(FUZZ_SIM)) $(FUZZ_MAIN) $(BUILD)/fuzz_sim_table.o
$(BUILD)/fuzz $(BUILD)/fuzz_sim:
	@echo "  LINK  $@"; $(CC) $(LDFLAGS) $(if $(findstring fuzzer,$(SAN)),-fsanitize=fuzzer) -o $@ $^ $(LDLIBS)
$(BUILD)/fuzz_table.c: $(FUZZ)
$(BUILD)/fuzz_sim_table.c: $(FUZZ_SIM)
$(BUILD)/fuzz_table.c $(BUILD)/fuzz_sim_table.c: tests/fuzz/main.sh
	@mkdir -p $(@D); tests/fuzz/main.sh $(filter %_fuzz.c,$^) > $@
$(BUILD)/fuzz_table.o $(BUILD)/fuzz_sim_table.o: %.o: %.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Itests/fuzz -c -o $@ $<

# one suite a file: tests/unit/<folder>/x_test.c defines Suite *x_suite(void)
$(BUILD)/unit_main.c: tests/unit/main.sh $(UNIT)
	@mkdir -p $(@D); tests/unit/main.sh $(UNIT) > $@
$(BUILD)/unit_main.o: $(BUILD)/unit_main.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# check.h's macros do not pass every warning; the tests' own code stays under the rest
$(BUILD)/tests/unit/%.o $(BUILD)/unit_main.o: CFLAGS += -Wno-pedantic -Wno-conversion -Wno-sign-conversion
$(BUILD)/daemon/column/%.o $(BUILD)/daemon/op/%.o: OPT = -O3 # the kernels' loops
$(BUILD)/tests/sim/%.o $(BUILD)/tests/fuzz/sim/%.o: CPPFLAGS += -Itests/sim -Itests/fuzz
$(BUILD)/%.o: %.c
	@mkdir -p $(@D); echo "  CC    $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- tests: each prints what failed; the last line is `N passed, N failed`
DEV = @packaging/deps.sh dev
demo: all
	@$(BUILD)/tidemark demo
SANITIZED := unit sim fuzz fuzz_sim tidemark store_driver bench/fake_broker
TESTED := all $(BUILD)/fault.so $(BUILD)/unit $(BUILD)/sim $(BUILD)/fuzz $(BUILD)/fuzz_sim $(BUILD)/store_driver $(BENCH)
check: $(TESTED)
	$(DEV)
	@tests/run $(BUILD)
check-asan:
	$(DEV)
	@$(MAKE) --no-print-directory BUILD=build/asan SAN=address,undefined OPT="-O1 -g1" $(addprefix build/asan/,$(SANITIZED))
	@tests/run build/asan
check-tsan:
	$(DEV)
	@$(MAKE) --no-print-directory BUILD=build/tsan SAN=thread $(addprefix build/tsan/,$(SANITIZED))
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tests/tsan.supp:report_thread_leaks=0 tests/run build/tsan # a process ends with its threads
coverage:
	$(DEV)
	@$(MAKE) --no-print-directory BUILD=build/coverage SAN=coverage OPT="-O0 -g1" $(addprefix build/coverage/,$(SANITIZED))
	@tests/coverage/run build/coverage
check-real: all $(BUILD)/store_driver
	$(DEV)
	@tests/real/run $(BUILD)
fuzzing:
	@packaging/deps.sh fuzz
	@$(MAKE) --no-print-directory BUILD=build/fuzzing CC=clang SAN=address,undefined,fuzzer-no-link OPT="-O1 -g1" $(addprefix build/fuzzing/,fuzz fuzz_sim)
fuzz: fuzzing
	@tests/fuzz/run build/fuzzing $(or $(SECONDS),30) $(TARGET)
bench: all $(BENCH)
	$(DEV)
	@tests/bench/run $(BUILD)
proof proof-short: $(TESTED) fuzzing
	$(DEV)
	@tests/proof/run $(BUILD) $(if $(filter proof,$@),--long)
tidy:
	$(DEV)
	@tests/tidy/run

docs: all
	@for page in $$($(BUILD)/tidemark docs); do $(BUILD)/tidemark docs $$page >docs/$$page.md; done
format:
	@clang-format -i $$(git ls-files '*.c' '*.h')
lint:
	@packaging/deps.sh lint
	@tests/lint/run $(CPPFLAGS) -- $(CORE) $(DOORS) $(MAIN)
compile_commands.json:
	@tests/tidy/compile_commands.sh '$(CPPFLAGS) $(CFLAGS)' $(CORE) $(DOORS) $(MAIN) > $@
clean:
	rm -rf build

PREFIX ?= /usr
install: all
	install -D -m 755 $(BUILD)/tidemark $(DESTDIR)$(PREFIX)/bin/tidemark
	install -D -m 644 conf/tidemark.yaml $(DESTDIR)/etc/tidemark/tidemark.yaml
	install -d $(DESTDIR)/etc/tidemark/jobs.d $(DESTDIR)/usr/share/doc/tidemark/jobs
	install -m 644 jobs/*.yaml $(DESTDIR)/usr/share/doc/tidemark/jobs/
	install -D -m 644 packaging/tidemark.service $(DESTDIR)/lib/systemd/system/tidemark.service

help:
	@echo "make            build/tidemark"
	@echo "make demo       the word count with no server: three kill -9, nothing lost, nothing doubled"
	@echo "make check      every test that needs no server"
	@echo "make check-asan, check-tsan   the same under the sanitizers"
	@echo "make coverage   lines and branches that no test reaches"
	@echo "make check-real against Apache Kafka and HDFS (needs Java 17 and Maven)"
	@echo "make proof-short, proof   what was survived, counted: in minutes, in hours"
	@echo "make fuzz       30 s of libFuzzer for each target; SECONDS=N TARGET=\"frame lua\" SEED=N"
	@echo "make bench      speed, as ratios of one run"
	@echo "make docs       the pages of docs/ that are made from the tables"
	@echo "make tidy       house rules; make format: clang-format; make lint: clang-tidy, cppcheck, gcc -fanalyzer"
	@echo "make install    DESTDIR and PREFIX as usual"
