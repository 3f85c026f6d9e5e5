# clinicd: build, run and check. `make help` lists what there is.
#
# Flavours live beside each other under build/: release (default), asan (SAN=address,undefined),
# tsan (SAN=thread), cover (COVER=1), plain (PLAIN=1: no optimisation, for a debugger).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

VERSION := 0.1.0
SAN ?=
COVER ?=
PLAIN ?=
PORT ?= 8080
FLAVOUR ?= $(if $(filter thread,$(SAN)),tsan,$(if $(SAN),asan,$(if $(COVER),cover,$(if $(PLAIN),plain,release))))
BUILD ?= build
B := $(BUILD)/$(FLAVOUR)
BINARY := $(B)/clinicd

# ---------------------------------------------------------------- compiler
CC := gcc
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 \
    -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes -Wmissing-declarations \
    -Wpointer-arith -Wcast-qual -Wcast-align=strict -Wwrite-strings -Wundef -Wvla \
    -Wnull-dereference -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init \
    -Wimplicit-fallthrough=5 -Wunused-macros -Wdate-time -fno-common -fstack-protector-strong
CPPFLAGS := -std=c17 -D_GNU_SOURCE -DCLINICD_VERSION='"$(VERSION)"' -Iinclude -Iservice -I$(B)/gen \
    -isystem /usr/include/postgresql
LIBRARIES := -lulfius -lmicrohttpd -lorcania -lpq -ljansson -ljwt -lssl -lcrypto -lpcre2-8 -lz -lm -lpthread
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=3 -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_asan := -fsanitize=address,undefined
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread
CFLAGS_cover := -O0 -g --coverage -fprofile-update=atomic
LDFLAGS_cover := --coverage
CFLAGS_plain := -O0 -g3
CFLAGS_lint := -O2 -Werror -fanalyzer
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
# libFuzzer is clang's, which does not know all of gcc's warnings.
ifeq ($(FLAVOUR),fuzz)
CC := clang
WARNINGS := -w
endif
CFLAGS := $(WARNINGS) $(CFLAGS_$(FLAVOUR)) $(if $(WERROR),-Werror)
LDFLAGS := $(LDFLAGS_$(FLAVOUR)) -Wl,--as-needed

# ---------------------------------------------------------------- what is built from what
SOURCES := $(sort $(shell find service -name '*.c'))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
QUERIES := $(sort $(wildcard sql/queries/*.sql))
CONTRACT := $(sort $(shell find openapi -name '*.yaml' 2>/dev/null))
EMBEDDED := $(sort $(wildcard sql/roles.sql sql/migrations/*.sql sql/functions/*.sql sql/demo/*.sql))
PAGES := $(wildcard openapi/docs/index.html)
GENERATED := $(B)/gen/embedded_data.o $(B)/gen/embedded.o $(if $(wildcard sql/queries.awk),$(B)/gen/queries.o)
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(B)/unit/%)
OPENAPI := $(if $(wildcard openapi/bundle.py),$(B)/gen/openapi.json)

.PHONY: all
all: $(if $(wildcard service/main.c),$(BINARY),$(OBJECTS) $(GENERATED)) ## Build the service (SAN=address,undefined | SAN=thread | COVER=1 | PLAIN=1)

$(BINARY): $(OBJECTS) $(GENERATED)
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBRARIES)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Flags that changed rebuild everything; the file is touched only then.
$(B)/flags: FORCE
	@mkdir -p $(B)/gen
	@echo '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS))' > $@
FORCE:

$(B)/gen/queries.c: sql/queries.awk $(QUERIES) $(B)/gen/names
	@awk -f sql/queries.awk $(QUERIES) > $@

$(B)/gen/openapi.json: openapi/bundle.py $(CONTRACT) $(B)/gen/names
	@/usr/bin/python3 openapi/bundle.py openapi/openapi.yaml $@

# What is embedded, as "name size path"; rewritten only when a name or a size changes.
$(B)/gen/names: FORCE
	@mkdir -p $(@D)
	@echo $(QUERIES) $(CONTRACT) | cmp -s - $@ || echo $(QUERIES) $(CONTRACT) > $@

$(B)/gen/embedded.list: $(EMBEDDED) $(PAGES) $(OPENAPI) FORCE
	@mkdir -p $(@D)
	@{ stat -c '%n %s %n' $(EMBEDDED) /dev/null | sed -n 's,^sql/,,p'; \
	   $(if $(PAGES),stat -c 'docs.html %s %n' $(PAGES);) \
	   $(if $(OPENAPI),stat -c 'openapi.json %s %n' $(OPENAPI);) } | LC_ALL=C sort > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/gen/embedded.c: $(B)/gen/embedded.list service/base/embed.awk
	@awk -v part=table -f service/base/embed.awk $< > $@

$(B)/gen/embedded_data.S: $(B)/gen/embedded.list service/base/embed.awk
	@awk -v part=data -f service/base/embed.awk $< > $@

$(B)/gen/embedded_data.o: $(B)/gen/embedded_data.S $(EMBEDDED) $(PAGES) $(OPENAPI)
	@$(CC) -c -o $@ $<

# ---------------------------------------------------------------- unit tests
# A test's first line says what it links, e.g. `// links: base contract/router.c gen`: a room is
# all of its files, `gen` the generated ones. They go in as an archive, so that the file which a
# test includes, and what it fakes, come from the test.
unit_links = $(shell sed -n '1s,^// links:,,p' $(1))
unit_objects = $(foreach link,$(call unit_links,$(1)),$(if $(filter gen,$(link)),$(GENERATED),$(if \
    $(filter %.c,$(link)),$(B)/service/$(link:.c=.o),$(filter $(B)/service/$(link)/%,$(OBJECTS)) \
    $(if $(filter base,$(link)),$(B)/gen/embedded.o $(B)/gen/embedded_data.o))))

define link_test
	@mkdir -p $(@D)
	@echo "  link  $@"
	@rm -f $@.a
	@ar rcsT $@.a $(filter-out $<,$^)
	@$(CC) $(LDFLAGS) -o $@ $< $@.a -lcmocka $(LIBRARIES)
endef

.SECONDEXPANSION:
$(B)/unit/%: $(B)/tests/unit/%.o $$(call unit_objects,tests/unit/$$*.c)
	$(link_test)

# Benchmarks of one room are built the same way: make build/release/bench/bench_db
$(B)/bench/%: $(B)/tests/bench/%.o $$(call unit_objects,tests/bench/$$*.c)
	$(link_test)

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $$(call unit_objects,tests/fuzz/$$*.c)
	$(link_test)

.PHONY: unit
unit: $(UNIT_TESTS) # builds the unit tests of this flavour; tests/run runs them

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---------------------------------------------------------------- run
.PHONY: deps deps-run run psql clean-data
deps: ## Install the Debian packages that are missing
	@docker/dev/packages all

deps-run:
	@docker/dev/packages run

run: deps-run ## Serve the demo practice until Ctrl-C (PORT=9090 moves it); installs what is missing
	@$(MAKE) --no-print-directory $(BINARY)
	@exec docker/dev/run $(BINARY)

psql: ## psql on the database of make run (Q=name prepares a named query, A="'x', ..." executes it)
	@docker/dev/run psql

clean-data: ## Forget the database, keys and tokens of make run
	@docker/dev/run clean-data

# ---------------------------------------------------------------- tests and checks
T ?=
VENV := $(BUILD)/venv
# One test by name runs on this flavour alone, everything on all three.
FLAVOURS ?= $(if $(T)$(SAN),$(FLAVOUR),release asan tsan)

$(VENV)/complete: tests/requirements.txt
	@echo "  venv  $(VENV)"
	@rm -rf $(VENV)
	@/usr/bin/python3 -m venv $(VENV)
	@$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps -r $<
	@touch $@

.PHONY: test test-builds lint fmt bench cover race
test: deps ## All tests (T=name for one; SAN=... for one flavour)
	@$(MAKE) --no-print-directory $(VENV)/complete test-builds
	@BUILD=$(BUILD) FLAVOURS="$(FLAVOURS)" tests/run $(T)

test-builds: $(FLAVOURS:%=test-build-%)
test-build-%:
	@$(MAKE) --no-print-directory FLAVOUR=$* all unit

lint: deps ## Warnings, analyzers, formatting, rooms, contract, queries (tests/lint/run)
	@BUILD=$(BUILD) tests/lint/run

# These run with FLAVOUR=lint: warnings are errors, gcc -fanalyzer walks the paths.
.PHONY: lint-objects lint-tests lint-tidy
lint-objects: $(OBJECTS) $(GENERATED)
lint-tests: $(UNIT_SOURCES:%.c=$(B)/%.o)
lint-tidy: $(SOURCES:%.c=$(B)/%.tidy)
$(BUILD)/lint/tests/%.o: CFLAGS += -fno-analyzer
$(B)/%.tidy: $(B)/%.o .clang-tidy
	@echo "  tidy  $*.c"
	@clang-tidy --quiet $*.c -- $(CPPFLAGS) 2> $@.log > $@.out || { cat $@.out $@.log; exit 1; }
	@touch $@

fmt: ## Format all C
	@find service include tests -name '*.[ch]' | xargs clang-format -i

cover: deps ## Line coverage of all tests, per file (gcov)
	@$(MAKE) --no-print-directory $(VENV)/complete test-build-cover
	@BUILD=$(BUILD) FLAVOURS=cover tests/run
	@tests/lint/cover $(BUILD)/cover

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*$(T)*.c)))
.PHONY: fuzz
fuzz: ## libFuzzer on each target of tests/fuzz (T=target for one, FUZZ_SECONDS=60 each)
	@docker/dev/packages fuzz
	@$(MAKE) --no-print-directory FLAVOUR=fuzz $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz/fuzz_%)
	@for target in $(FUZZ_TARGETS); do \
	    echo "  fuzz  $$target"; \
	    mkdir -p $(BUILD)/fuzz/corpus/$$target; \
	    seeds=tests/fuzz/seeds/$$target; [ -d $$seeds ] || seeds=; \
	    $(BUILD)/fuzz/fuzz/fuzz_$$target -max_total_time=$(FUZZ_SECONDS) -max_len=9000 -verbosity=0 \
	        -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus/$$target $$seeds; \
	done

SECONDS ?=
WRITE ?=
race: deps ## Everything at once, undisturbed and under kill -9, and its controls (SECONDS=60, WRITE=1: tests/fault/README.md)
	@$(MAKE) --no-print-directory FLAVOUR=release $(VENV)/complete all
	@$(if $(SECONDS),RACE_SECONDS=$(SECONDS)) $(if $(WRITE),RACE_WRITE=1) RACE_TABLE=1 BUILD=$(BUILD) \
	    $(VENV)/bin/pytest -c tests/pytest.ini tests/fault

bench: deps ## Requests per second and p50/p99: bare HTTP, bare database, the service (BENCH_SECONDS=5)
	@$(MAKE) --no-print-directory FLAVOUR=release all $(BUILD)/release/bench/hello
	@BUILD=$(BUILD) tests/bench/run

# ---------------------------------------------------------------- clean
.PHONY: clean
clean: ## Remove everything that was built
	rm -rf build

.PHONY: help
help: ## This list
	@awk -F ' ## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
