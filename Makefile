# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs (.venv, and Icarus where apt and rights allow) and calls `surmax`.

PYTHON ?= python3
VENV := .venv
SURMAX := $(VENV)/bin/surmax
SIM ?= verilator
TARGET ?= generic
LANES ?= 16
PRESET ?= small
WORKERS ?= 2
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := flow
.PHONY: flow setup elaborate sim synth lint test test-all bench format docs clean help

flow: setup ## elaborate, simulate, synthesise; ends in one table
	@$(SURMAX) flow

setup: $(VENV)/.ready simulators ## virtual environment with pinned packages, simulators

$(VENV)/.ready: pyproject.toml
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

.PHONY: simulators
simulators:
	@./scripts/get-icarus

elaborate: setup ## Verilog in build/verilog (PRESET=, LANES=)
	@$(SURMAX) elaborate consmax --preset $(PRESET) --lanes $(LANES)

sim: setup ## cocotb regression (SIM=icarus|verilator, PRESET=, LANES=)
	@$(SURMAX) sim consmax --simulator $(SIM) --preset $(PRESET) --lanes $(LANES) --heads 2

synth: setup ## cell counts (TARGET=generic|sky130|ice40|ecp5|xilinx7|xilinxup|gowin|liberty:FILE)
	@$(SURMAX) synth consmax --target $(TARGET) --preset $(PRESET) --lanes $(LANES)

lint: setup ## Verilator -Wall on the Verilog, ruff on the Python
	@$(SURMAX) lint consmax --preset $(PRESET) --lanes $(LANES)
	@$(SURMAX) lint consmax --preset $(PRESET) --lanes $(LANES) --top axi --heads 4
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

test: setup ## all tests but the long soaks
	@$(VENV)/bin/python -m pytest -n $(WORKERS) -m "not soak"

test-all: setup ## all tests
	@$(VENV)/bin/python -m pytest -n $(WORKERS)

bench: setup ## speeds: solver, simulators
	@$(SURMAX) bench

docs: setup ## regenerate docs/alternatives.md (ten minutes) and docs/registers.md
	@$(SURMAX) registers -o docs/registers.md
	@$(SURMAX) explore -o docs/alternatives.md

format: setup ## format the Python
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean: ## remove build/ and .venv
	@rm -rf build $(VENV)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
