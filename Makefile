# Two commands on a fresh Debian machine with Rust and Node: `make run` and `make test`.
# The work is in scripts/, so that it can be read and run by itself.

DATA ?= data
LISTEN ?= 127.0.0.1:8080

ROWS ?= 2000000

.PHONY: run test soak bench lint fmt bless docs clean-data

run: ## build and start with a fictional city's data
	scripts/run $(DATA) $(LISTEN)

test: ## all tests, with every real part they need
	scripts/test

soak: ## long runs: kills, unsynced writes, large imports
	scripts/soak

bench: ## Sightline and its peers over ROWS fictional detections, answers compared; writes bench/results.json
	scripts/bench $(ROWS)

lint: ## formatting and lints
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings

fmt: ## format
	cargo fmt --all

bless: ## record generated documents and snapshots anew
	BLESS=1 INSTA_UPDATE=always cargo test --release --workspace -- blessed generated snapshot matrix

clean-data: ## forget the demo's data
	rm -rf $(DATA)
