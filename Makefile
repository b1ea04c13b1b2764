# The two commands a newcomer needs are `make run` and `make test`. Everything else is listed by `make help`.
.DEFAULT_GOAL := help
.PHONY: help run test bench chaos reset format

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: ## Build, start the sandbox org with demo data and the portal, and say where to open it
	@scripts/run.sh

test: ## Formatting, lints, licences, unit and integration tests on both databases, simple-salesforce, browser
	@scripts/test.sh

bench: ## Measure, print, and write docs/BENCHMARKS.md's table
	@scripts/bench.sh

chaos: ## Random histories with kills and faults: SEED=7 repeats one, MINUTES=120 goes on for hours
	@scripts/chaos.sh

reset: ## Forget the demo data in ./data
	@scripts/reset.sh

format: ## Format the Rust code
	@bash -c 'source scripts/env.sh && cargo fmt --all'
