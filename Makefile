# What there is to make; `make help` lists it.
#
# Cargo builds the whole workspace each time, because building one package alone switches features of shared dependencies and
# compiles them again.

.DEFAULT_GOAL := help
SHELL := /bin/bash
# A shell that was open while rustup was installed does not know cargo yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

CARGO ?= cargo
# What cargo builds is what Cargo.lock says; `make LOCKED=` lets it change.
LOCKED ?= --locked
# Given to `chorsu demo`, as in `make demo DEMO_ARGS="--listen 127.0.0.1:9000 --for 60s"`.
DEMO_ARGS ?=
# Given to the Rust tests, as in `make test TEST_ARGS="--package wire"`.
TEST_ARGS ?= --workspace
# Given to the benchmarks, as in `make bench BENCH_ARGS="cases peers"`; all sections without it.
BENCH_ARGS ?=
# For `make fuzz`: how long each target runs, and which ones, as in `make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS="sflow lane"`.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?=

TARGET := $(or $(CARGO_TARGET_DIR),target)
WEB := dashboards/web
WEB_SOURCES := $(shell find $(WEB)/src -type f 2>/dev/null) $(wildcard $(WEB)/*.json $(WEB)/*.ts)
WEB_INSTALLED := $(WEB)/node_modules/.package-lock.json
WEB_BUILT := $(WEB)/dist/.vite/manifest.json

.PHONY: help demo build test bench coverage fuzz lint web check-tools clean

help: ## List what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: build ## Build everything and show a simulated exchange in the browser
	$(TARGET)/release/chorsu demo $(DEMO_ARGS)

build: check-tools-to-build web ## Build the command, optimised: target/release/chorsu
	$(CARGO) build $(LOCKED) --release --workspace --bins

test: check-tools web ## Install what the tests need, and run every test
	tests/prepare.sh
	npm --prefix $(WEB) test
	$(CARGO) build $(LOCKED) --workspace --bins
	$(CARGO) test $(LOCKED) --no-fail-fast $(TEST_ARGS)

bench: build ## Measure, and write target/bench.json; docs/performance.md says what
	$(TARGET)/release/bench $(BENCH_ARGS)

coverage: build ## Show how often intervals hold the truth, and what becomes of totals when things go wrong
	$(TARGET)/release/coverage

fuzz: ## Try to break what reads bytes from outside, ten minutes for each target
	fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

lint: check-tools-to-build web ## Check formatting, lints and types
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- --deny warnings
	npm --prefix $(WEB) run check

web: $(WEB_BUILT) ## Build the pages' scripts and styles, which the command embeds

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	npm --prefix $(WEB) run build
	@touch $@

$(WEB_INSTALLED): $(WEB)/package-lock.json $(WEB)/package.json
	npm --prefix $(WEB) ci
	@touch $@

check-tools: ## Say which prerequisites are missing, and how to get them
	@make/check-tools.sh test

.PHONY: check-tools-to-build
check-tools-to-build:
	@make/check-tools.sh build

clean: ## Remove everything that was built or downloaded into this folder
	$(CARGO) clean
	rm -rf $(WEB)/dist $(WEB)/node_modules
