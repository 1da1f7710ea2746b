# The commands we type. Each does all its own set-up: a fresh machine needs Python 3.11+ and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME ?= .demo
PYTEST_ARGS ?=

.PHONY: help up test check docs site bundle deb prove-deb prove-container drill bench soak damage fuzz mutate simulate kill recover month ward-run replay-kills lost line cuts outage-day watch-trial copier cluster cluster-stop system lock clean screenshots

help: ## what can be typed here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(VENV)/.run ## a node fed by a simulated hospital, ward app open
	@scripts/demo-up.sh "$(BIN)" "$(DEMO_HOME)"

test: $(VENV)/.dev system ## every test but the long ones
	$(BIN)/pytest $(PYTEST_ARGS)

check: $(VENV)/.dev ## style, types, floors, documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal tests/docs tests/house

docs: $(VENV)/.dev ## write the generated pages again
	$(BIN)/python scripts/make_reference.py

site: $(VENV)/.dev ## the documents as a site in build/site; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

screenshots: $(VENV)/.dev system ## the guides' pictures, in both languages, of a demonstration of its own (some minutes)
	$(BIN)/python scripts/make_screenshots.py

bundle: ## everything for a machine without internet, in dist/; SIGNING_KEY=~/.ssh/release signs it
	PYTHON=$(PYTHON) scripts/make_bundle.sh dist

deb: bundle ## a Debian package of the bundle, in dist/
	scripts/make_deb.sh "$$(ls -t dist/contrefeu-*.tar.gz | head -1)" dist

prove-deb: deb ## FORMER=FILE.deb, then this one: installed, upgraded, put back, removed on a clean Debian; needs root and debootstrap
	scripts/prove_deb.sh "$(FORMER)" "$$(ls -t dist/contrefeu_*.deb | head -1)"

prove-container: bundle ## the container built and fed without a registry; needs root, buildah, and the system of prove-deb
	scripts/prove_container.sh "$$(ls -t dist/contrefeu-*.tar.gz | head -1)"

drill: $(VENV)/.run ## the whole story: attack, restore, compare every chart with the truth
	$(BIN)/contrefeu drill --patients 24 --attack ransomware --seed 1

bench: $(VENV)/.dev ## figures, as ratios measured in one run
	$(BIN)/contrefeu bench

soak: $(VENV)/.dev ## a million messages: memory stays flat, a start does not read the journal (about half an hour)
	CONTREFEU_SOAK_MESSAGES=1000000 $(BIN)/pytest tests/drills/test_soak.py -s

damage: $(VENV)/.dev ## every byte of a small journal changed and cut, each found and located (CI takes each seventh)
	CONTREFEU_EVERY_BYTE=1 $(BIN)/pytest tests/journal/test_every_damage.py

fuzz: $(VENV)/.dev ## every property test on new examples, ten times as many
	$(BIN)/pytest --hypothesis-profile=explore -m "not browser" tests

mutate: $(VENV)/.dev ## MESSAGES=1000000 damaged real messages: none lost, no chart shows what none said; names the seed that fails
	$(BIN)/python -m tests.mapping.fuzz --messages $(or $(MESSAGES),1000000) --seed $(or $(SEED),1)

simulate: $(VENV)/.dev ## the journal's writer on a disk that fails, RUNS=10000 times from SEED=1; names the seed that fails
	$(BIN)/python -m tests.journal.simulator --runs $(or $(RUNS),10000) --seed $(or $(SEED),1)

kill: $(VENV)/.dev ## KILLS=1000 kills of a capture process under 32 senders; nothing acknowledged is missing
	$(BIN)/python -m tests.drills.kills --kills $(or $(KILLS),1000) --seed $(or $(SEED),1)

recover: $(VENV)/.dev ## PATIENTS=500 patients at least, 28 days, a record system lost on day 20 and restored from day 15: everything is back in it
	$(BIN)/python -m tests.drills.recover --patients $(or $(PATIENTS),500) --seed $(or $(SEED),1)

month: $(VENV)/.dev ## PATIENTS=1000 patients at least, DAYS=30 of a simulated hospital (STYLE=fr or intl), as sent, feed after feed, rebuilt: every chart is its ledger
	$(BIN)/python -m tests.drills.month --patients $(or $(PATIENTS),1000) --days $(or $(DAYS),30) --seed $(or $(SEED),1) --style $(or $(STYLE),fr)

ward-run: $(VENV)/.dev ## INPATIENTS=600 without a record system for DAYS=28: no restart, nothing lost, the disk as foreseen (about 15 min)
	$(BIN)/python -m tests.drills.ward_run --inpatients $(or $(INPATIENTS),600) --days $(or $(DAYS),28) --seed $(or $(SEED),1)

replay-kills: $(VENV)/.dev ## KILLS=200 kills of a replay under a target that answers in every way; nothing sent twice, nothing lost
	$(BIN)/python -m tests.drills.replay_kills --kills $(or $(KILLS),200) --seed $(or $(SEED),1)

lost: $(VENV)/.dev ## TRIALS=100 disks destroyed under senders, with `ack = "vault"` and with `ack = "disk"`: what no vault has
	$(BIN)/python -m tests.drills.lost_disks --ack vault --trials $(or $(TRIALS),100) --seed $(or $(SEED),1)
	$(BIN)/python -m tests.drills.lost_disks --ack disk --trials $(or $(TRIALS),100) --seed $(or $(SEED),1)

line: $(VENV)/.dev ## hours without a vault behind a network that is cut, WAITING=20000 messages, then a line of RATE bytes a second; root
	$(BIN)/python -m tests.drills.cut_network --waiting $(or $(WAITING),20000) --rate $(or $(RATE),1000000)

outage-day: $(VENV)/.dev ## a day stopped, full, slow, on a compressed clock, MESSAGES=1000000 of it queued; each queue drains in order; needs cc, "full" root (an hour)
	@mkdir -p $(or $(FULL_ON),/var/tmp/contrefeu-full)
	$(BIN)/python -m tests.drills.outage_day --messages $(or $(MESSAGES),1000000) --folder /var/tmp $(if $(filter 0,$(shell id -u)),--full-on $(or $(FULL_ON),/var/tmp/contrefeu-full))

watch-trial: $(VENV)/.dev ## the watch on months of simulated life and on attacks; the table of docs/reference/watch.md (some 20 min)
	$(BIN)/python -m contrefeu.drill.watch_trial --out bench/watch.json
	$(BIN)/python scripts/make_reference.py

copier: $(VENV)/.dev ## PAGES=10000 pages through a simulated copier, fax and telephone, on JOBS=2 processors, taken up again from KEPT=DIR; fails on one wrong chart, under 99 % read, or ticks read wrong
	$(BIN)/python -m tests.paper.copier --pages $(or $(PAGES),10000) --seed $(or $(SEED),1) --jobs $(or $(JOBS),2) $(if $(KEPT),--kept $(KEPT))

cuts: $(VENV)/.dev ## power cuts under a real writer on a FUSE file system; needs root, /dev/fuse, libfuse2, `pip install fusepy`
	$(BIN)/python -m tests.drills.power_cuts --rounds $(or $(ROUNDS),100) --seed $(or $(SEED),1)

cluster: $(VENV)/.dev system ## an Apache Spark cluster of WORKERS=2 processes on this machine, in .cluster; says its address; never for real charts
	@PYTHON=$(BIN)/python scripts/spark_cluster.sh start .cluster $(or $(WORKERS),2)

cluster-stop: ## ends it
	@scripts/spark_cluster.sh stop .cluster

system: ## what the tests need from the system (chromium); skipped where it cannot
	@scripts/install-system.sh

lock: ## new lock files; review the difference
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 -q -c requirements.lock -o requirements-dev.lock

clean: ## remove what was made here
	rm -rf $(VENV) $(DEMO_HOME) .cluster dist .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.run: requirements.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)  # one that was interrupted, too
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
