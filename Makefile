# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs (.venv, Icarus, clang and OpenSTA where apt and rights allow) and
# calls `surmax`.

PYTHON ?= python3
VENV := .venv
SURMAX := $(VENV)/bin/surmax
SIM ?= verilator
TARGET ?= generic
LANES ?= 16
# consmax, hccs, softmax, softermax, or a unit of another distribution.
UNIT ?= consmax
# Of the unit; without one its first: small, div.
PRESET ?=
WORKERS ?= 2
SEEDS ?= 1
# Of make mutate.
MUTANTS ?= 120
SEED ?= 1
# A worker that has no test left takes some of another's.
SHARED_OUT := -n $(WORKERS) --dist worksteal
OPTIONS := $(if $(PRESET),--preset $(PRESET))
CXX_SOURCES = $(shell find aiengine tests/aiengine -name '*.hpp' -o -name '*.cpp' -o -name '*.h' -o -name '*.cc')
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := flow
.PHONY: flow setup elaborate sim mutate synth lint test test-all aie report bench accuracy format docs lock clean help

flow: setup ## elaborate, simulate, synthesise; ends in one table
	@$(SURMAX) flow

setup: $(VENV)/.ready simulators ## virtual environment with the packages of constraints.txt, simulators

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c constraints.txt -e '.[dev]'
	@touch $@

.PHONY: simulators
simulators:
	@./scripts/get-tool iverilog iverilog "Icarus Verilog" "using Verilator only"

.PHONY: compilers
compilers:
	@./scripts/get-tool clang++ clang "clang" "the AI Engine kernels are compiled with g++ only"

.PHONY: timers
timers:
	@./scripts/get-tool sta opensta "OpenSTA" "timing is not compared with it"

elaborate: setup ## Verilog in build/verilog (UNIT=, PRESET=, LANES=)
	@$(SURMAX) elaborate $(UNIT) $(OPTIONS) --lanes $(LANES)

sim: setup ## cocotb regression (SIM=icarus|verilator, UNIT=, PRESET=, LANES=)
	@$(SURMAX) sim $(UNIT) --simulator $(SIM) $(OPTIONS) --lanes $(LANES) --heads 2

mutate: setup ## automatic mutants of every unit; the checks must kill 99 % (MUTANTS=, SEED=)
	@units=$$($(VENV)/bin/python -c \
	  'from surmax.golden.units import unit_names; print(*unit_names())') || exit 1; \
	failed=0; for unit in $$units; do \
	  $(SURMAX) mutate $$unit --mutants $(MUTANTS) --seed $(SEED) --workers $(WORKERS) || failed=1; \
	  done; exit $$failed

synth: setup ## cell counts (TARGET=generic|sky130|ice40|ecp5|xilinx7|xilinxup|gowin|liberty:FILE)
	@$(SURMAX) synth $(UNIT) --target $(TARGET) $(OPTIONS) --lanes $(LANES)

lint: setup ## Verilator -Wall on the Verilog, ruff on the Python, clang-format on the C++
	@units=$$($(VENV)/bin/python -c \
	  'from surmax.golden.units import unit_names; print(*unit_names())') || exit 1; \
	for unit in $$units; do \
	  $(SURMAX) lint $$unit --lanes $(LANES) && \
	  $(SURMAX) lint $$unit --lanes $(LANES) --top axi --heads 4 || exit 1; done
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/clang-format --dry-run -Werror $(CXX_SOURCES)

test: setup compilers timers ## all tests but the long soaks
	@$(VENV)/bin/python -m pytest $(SHARED_OUT) -m "not soak"

test-all: setup compilers timers ## all tests
	@$(VENV)/bin/python -m pytest $(SHARED_OUT)

aie: setup ## AI Engine kernels: checked here, built for a device where its tools are
	@$(SURMAX) aie check
	@$(SURMAX) aie build

report: setup ## what every design costs, in build/report (under half an hour; resumes)
	@$(SURMAX) report -o build/report

bench: setup ## speeds: solver, simulators
	@$(SURMAX) bench

accuracy: setup ## what the units do to real models (downloads 190 MB; 20 minutes a seed; resumes)
	@$(SURMAX) accuracy all --seeds $(SEEDS) -o docs/accuracy.md

docs: setup ## regenerate the tables and figures in docs (an hour)
	@$(SURMAX) registers -o docs/registers.md
	@$(SURMAX) errors -o docs/hccs-errors.md
	@$(SURMAX) figures -o docs/figures
	@$(VENV)/bin/python scripts/waveforms.py docs/interfaces.md
	@$(SURMAX) explore consmax -o docs/alternatives.md
	@$(SURMAX) explore hccs -o docs/hccs-alternatives.md
	@$(SURMAX) aie operations -o docs/aie-operations.md
	@$(SURMAX) report -o build/report
	@cp build/report/report.md docs/results.md

lock: setup ## constraints.txt from what is installed in .venv
	@$(VENV)/bin/python scripts/lock

format: setup ## format Python and C++
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/clang-format -i $(CXX_SOURCES)
	@$(VENV)/bin/ruff check --fix .

clean: ## remove build/ and .venv
	@rm -rf build $(VENV)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
