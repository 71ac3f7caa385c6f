# The one place where commands are written. `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run test test-long fuzz demo bench population check format docs new-service build

PORT ?= 8080
DATA ?= var
N ?= 1000

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## builds and starts Muqeem with the stand-in agencies and 300 scripted people  [PORT=8080 DATA=var DATABASE="Host=…" TLS=1]
	@PORT="$(PORT)" DATA="$(DATA)" DATABASE="$(DATABASE)" TLS="$(TLS)" scripts/run.sh

test: ## builds, checks the format, runs every test on SQLite and PostgreSQL
	@scripts/test.sh

test-long: ## the full products and long runs of which `test` takes a sample; writes out/test-long.json
	@scripts/test-long.sh

fuzz: ## throws changed inputs at every parser of the verifier  [SECONDS=60 for each, MUQEEM_SEED=… repeats a run]
	@MUQEEM_FUZZ_SECONDS="$(or $(SECONDS),60)" scripts/tests-of.sh '*FuzzTests' --show-live-output on

demo: ## plays the whole job for five people through public HTTP; leaves out/demo/
	@scripts/demo.sh

bench: ## speed and memory as ratios in one run; writes out/bench.json
	@scripts/bench.sh $(BENCH)

population: ## prints N people of the stand-in population as JSON lines  [N=1000]
	@scripts/population.sh "$(N)"

check: ## builds and checks the format, without the tests
	@scripts/check.sh

format: ## writes the format
	@dotnet format whitespace Muqeem.slnx && dotnet format style Muqeem.slnx --severity warn

docs: ## writes docs/generated/ and the diagrams in the services' READMEs
	@MUQEEM_WRITE_DOCS=1 scripts/tests-of.sh '*Docs*' --filter-class '*SchemaTests*' --filter-class '*Contract*'

new-service: ## makes a folder for a new service  NAME=ReplaceLostId CODE=ID.REPLACE.LOST KEY=replace-lost
	@scripts/new-service.sh "$(NAME)" "$(CODE)" "$(KEY)"

build:
	@scripts/build.sh
