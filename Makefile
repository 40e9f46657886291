# Every target does its own set-up, packages included, on a Debian 12 machine with git and make.

.DEFAULT_GOAL := help
.PHONY: help demo test simulate bench build debug format tidy clean

help:            ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:            ## build, send real requests through the gateway, show the ledger, leave it running
	@bash scripts/demo.sh

test:            ## everything that must hold: unit, contract, simulation, integration, tidy, OpenAI SDK
	@bash scripts/test.sh

simulate:        ## many more seeds of the simulation (ARGS="--seed 1 --seeds 100000")
	@bash scripts/build.sh debug simulate && build/debug/tests/simulation/simulate --seeds 10000 $(ARGS)

bench:           ## compare with nginx as a plain proxy and with Portkey, all enforcement on (ARGS=--quick for three minutes)
	@bash scripts/bench.sh $(ARGS)

build:           ## the release binary: build/release/tollgate
	@bash scripts/build.sh release tollgate

debug:           ## the debug build with AddressSanitizer and UBSan, tests included: build/debug
	@bash scripts/build.sh debug all

format:          ## clang-format over the C++ files
	@bash scripts/format.sh

tidy:            ## clang-tidy over src (FILES=... for some)
	@bash scripts/tidy.sh $(FILES)

clean:           ## remove build output; the compiler cache stays
	@rm -rf build
