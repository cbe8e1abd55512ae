# The commands of oxitk; `make help` lists them. They need a Rust toolchain, Python 3.11 or newer, and nothing else:
# whatever Python needs is installed into venvs. PYTHON=3.12 restricts them to one interpreter.

SHELL := bash
.DEFAULT_GOAL := help
# Cargo and pytest use all CPUs themselves.
.NOTPARALLEL:

STEP := tools/step.sh
WHEEL := target/wheels

## Try it
.PHONY: help demo
help: ## list these commands
	@awk -F ':.*## ' '/^## /{print "\n" substr($$0, 4) ":"} /^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

demo: ## build into .venv, filter a real volume, and draw before and after: demo-output/panel.png
	@demo/demo.sh

## Check it
.PHONY: test test-peers lint test-rust test-doc test-downstream test-embedding test-package test-python test-sdist check-asm check-counts
.PHONY: test-py313t test-py313t-threads test-unprotected test-sanitizer
test: lint test-rust test-doc test-downstream test-embedding test-package check-asm check-counts test-python test-sdist ## everything but the peers
	@tools/skip.sh

test-peers: wheel ## compare with the real ITK, which is installed into a cached venv of its own
	@$(STEP) "Peers: bit for bit against the real ITK" tools/test-peers.sh $(WHEEL) $(PYTEST)

lint: ## rustfmt, clippy
	@$(STEP) "rustfmt" cargo fmt --all --check
	@$(STEP) "clippy" cargo clippy --locked --workspace --all-targets -- --deny warnings

test-rust: ## Rust tests and doc tests, at every SIMD level of this CPU
	@$(STEP) "Rust tests" tools/test-rust.sh

test-doc: export RUSTDOCFLAGS := --deny warnings
test-doc: ## the Rust documentation builds without a warning
	@$(STEP) "rustdoc" cargo doc --locked --workspace --no-deps

test-downstream: ## a crate outside the workspace uses ours, with no Python on PATH
	@$(STEP) "Downstream crate, without Python" tools/test-downstream.sh

test-embedding: ## a program that embeds Python links itk-py, and its threads enter Python
	@$(STEP) "A program that embeds Python" tools/test-embedding.sh

test-package: ## the three crates can be packed, and build from their packages
	@$(STEP) "cargo package" tools/test-package.sh

test-python: wheel ## the wheel in a fresh venv of every Python found; PYTEST="-k median -x" goes to pytest
	@$(STEP) "Python tests" tools/test-python.sh $(WHEEL) $(PYTEST)

test-py313t: ## the Python tests without a GIL, on a Python that is built once from Debian's source and kept in the cache
	@$(STEP) "Python without a GIL" tools/test-py313t.sh $(PYTEST)

test-py313t-threads: ## of these the tests of threads and first touches alone, as in CI
	@$(STEP) "Threads without a GIL" tools/test-py313t.sh --threads

test-unprotected: ## takes protections away, one by one, and sees that tests turn red; UNPROTECT=FILE... for some; not in test
	@$(STEP) "Protections" tools/test-unprotected.sh $(UNPROTECT)

test-sanitizer: ## ThreadSanitizer over itk-core's threads, with an instrumented standard library; not in test
	@$(STEP) "ThreadSanitizer" tools/test-sanitizer.sh

check-asm: wheel ## the machine code of the median's networks: each level's registers, and no calls
	@$(STEP) "Machine code" tools/check-asm.sh $(WHEEL)

check-counts: ## instructions of median kernels, as in benches/instructions.tsv; UPDATE=--update rewrites it
	@$(STEP) "Instruction counts" tools/check-counts.sh $(UPDATE)

test-sdist: ## the sdist installs into a bare venv, and works
	@$(STEP) "sdist" tools/test-sdist.sh

## Work on it
.PHONY: wheel wheel-sizes dev bench bench-crossover bench-peers bench-import clean
wheel: ## build the wheel, and check its size and content
	@$(STEP) "Wheel" tools/wheel.sh $(WHEEL)

wheel-sizes: wheel ## the functions that take the most room in the wheel
	@"$$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $$2}')" tools/wheel_sizes.py "$${CARGO_TARGET_DIR:-target}/wheel.map"

dev: ## make or refresh .venv-dev: this tree's Python code, the native module rebuilt, all test tools
	@$(STEP) "Development build" tools/dev.sh

bench: ## criterion benches
	@$(STEP) "Benches" cargo bench --locked --package itk-benches

bench-crossover: ## time the median's algorithms beside each other, into docs/explain/crossover.tsv; BENCH="u8 avx2" for some
	@$(STEP) "Crossovers" tools/bench-crossover.sh $(BENCH)

bench-peers: BENCH_SCRIPT := compare
bench-peers: wheel ## time the filters beside OpenCV, IPP, ITK, ...; BENCH="--quick --only u16" goes to the script
	@$(STEP) "Filters beside their peers" tools/bench-peers.sh $(WHEEL) $(BENCH_SCRIPT) $(BENCH)

bench-import: wheel ## what an import and a first touch cost beside ITK, SimpleITK, scipy, scikit-image, OpenCV
	@$(STEP) "Cost of imports" tools/bench-peers.sh $(WHEEL) import_cost $(BENCH)

clean: ## remove all that was built; the peers stay in the user's cache
	rm -rf target dist demo-output .venv .venv-dev {tests/downstream,benches/sitk}/{target,Cargo.lock}
	find . -name __pycache__ -prune -exec rm -rf {} +
	find itk-py/python -name '*.so' -delete
