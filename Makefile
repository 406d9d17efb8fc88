# SPDX-License-Identifier: MIT OR Apache-2.0
# `make help` says what there is. A clean Debian 12 with rustup is enough.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory

DESTDIR ?=
DAEMONS := card photo infer counter mode uplink screen voice face terminal update boot provision
# `make install` for which machine: x86-64 or arm64.
ARCHITECTURE ?= x86-64
# A folder with the programs, where another build made them (Yocto's does); empty: build them.
PROGRAMS ?=
# A folder with the recordings of the voice, where another machine made them; empty: make them.
RECORDINGS ?=
BUILT = $(or $(PROGRAMS),target/$(if $(filter arm64,$(ARCHITECTURE)),aarch64-unknown-linux-gnu/)release)
# Every release build goes through this, or it would be built twice: image/remap.
CARGO ?= cargo
RELEASE = image/remap $(CARGO)
# A folder with libLiteRt.so and its licence, where another machine got them; empty: get them.
LITERT ?=
# `make install-models`: a folder with signed bundles, and the public key of who signed them.
MODELS ?= target/models
MODEL_KEY ?= target/image/keys/models.pem
# More arguments for the bench, as ARGS="--portrait --english".
ARGS ?=

# Seconds for each fuzz target.
SECONDS_EACH ?= 600
# Requests for each operation of the terminal's interface.
EXAMPLES ?= 1000
# Rendered cards for `make card-front-report`, and how many are read beside one another.
CARDS ?= 20000
JOBS ?= 2

.PHONY: help setup build recordings run test bench models models-bundle card-front-report views soak fuzz api-fuzz compare-myna lint deny cross-arm64 yocto-check install install-models install-initrd image image-development image-test image-bench image-twice image-arm64

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

setup: ## install the Debian packages that are missing
	@packages/install

build: setup ## build every program
	@cargo build --locked --workspace --bins

recordings: setup ## record everything the voice says: target/voice; nothing where nothing has changed
	@packages/install-voice
	cargo run --locked --quiet --package uketsuke-voice-record -- --out target/voice \
	  --spoken daemons/screen/texts/spoken.tsv --readings daemons/voice/record/readings.tsv \
	  --voice target/voice-mei/mei.htsvoice

run: build recordings ## start a whole reception desk; open the page it prints
	@exec target/debug/uketsuke-bench $(ARGS)

test: setup ## check, build and run every test; print the counts
	@.ci/lint
	.ci/test
	.ci/fuzz 0
	tests/api/fuzz 60 1

bench: setup ## measure; write target/bench.json and print it as a table
	@mkdir -p target
	packages/install-litert
	rm -f target/bench.rows
	$(RELEASE) build --locked --release --workspace --bins
	UKETSUKE_BENCH_OUT="$(CURDIR)/target/bench.rows" $(RELEASE) bench --locked --workspace --bench '*'
	.ci/bench-table target/bench.rows target/bench.json target/image.rows

image-bench: image image-development ## measure the image in an emulated machine; `make bench` shows the rows too
	@image/variant development daemon-change
	cargo build --locked --package uketsuke-machine
	rm -f target/image.rows
	UKETSUKE_BENCH_OUT="$(CURDIR)/target/image.rows" target/debug/uketsuke-machine run bench update:daemon-change

models: ## teach the models again: image/models; some minutes of one core
	@tests/faces/setup
	export XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" JAX_PLATFORMS=cpu OPENBLAS_NUM_THREADS=1
	cd tests/faces
	nice -n 19 ../../target/faces/bin/python -m cards.train ../../target/faces/card-front.npz
	../../target/faces/bin/python -m cards.export ../../target/faces/card-front.npz ../../image/models/card-front

card-front-report: setup ## CARDS rendered cards before the reader of fronts; writes what was counted beside the model
	@packages/install-litert
	$(RELEASE) build --locked --release --quiet --package uketsuke-infer --bins
	$(RELEASE) run --locked --release --quiet --package uketsuke-face-ocr --example cards -- $(CARDS) $(JOBS) --write

models-bundle: setup ## pack, sign and check the models: target/models
	@image/models/bundle

views: setup ## draw every view in every language and both orientations, and sheets of every size and contrast, to target/views
	@cargo run --locked --package uketsuke-screen --bin uketsuke-screen -- --views target/views

soak: build ## each daemon killed at 50 points of a check-in; every fault at every command of a card; 10,000 records through ten minutes of faults; a million random visits
	@UKETSUKE_KILL_POINTS=50 cargo test --locked --package uketsuke-system-tests --test faults -- --nocapture each_daemon
	@UKETSUKE_FAULTS=all cargo test --locked --package uketsuke-card --test faults -- --nocapture
	@UKETSUKE_RECORDS=10000 UKETSUKE_RECORDS_S=600 cargo test --locked --package uketsuke-uplink --test chain -- --nocapture lasting
	@UKETSUKE_WALKS=1000000 cargo test --locked --package uketsuke-mode --lib -- --nocapture random_walks

fuzz: setup ## fuzz every parser of card bytes for SECONDS_EACH seconds; print a table
	@.ci/fuzz $(SECONDS_EACH)

api-fuzz: setup ## the terminal's interface for readers asked by its OpenAPI document, EXAMPLES for each operation
	@tests/api/fuzz $(EXAMPLES)

compare-myna: setup ## the virtual card read by MYNA=…, a built `myna` of a checkout of jpki/myna
	@cargo run --locked --package uketsuke-card --example jpki-myna -- "$(MYNA)"

lint: setup ## format, clippy, scripts and units
	@.ci/lint

deny: setup ## licences, sources and double versions of every dependency
	@test -x target/tools/bin/cargo-deny ||
	  cargo install --quiet --locked --version 0.20.2 --root target/tools cargo-deny
	target/tools/bin/cargo-deny check bans licenses sources
	target/tools/bin/cargo-deny --manifest-path tests/fuzz/Cargo.toml check bans licenses sources

cross-arm64: ## build every program of a reader for 64-bit ARM
	@image/arm64/cross

yocto-check: ## lint the Yocto layer; parse it too where OE_LAYERS names the layers
	@image/yocto/check

install: ## lay every file where it belongs, below DESTDIR
	@case "$(PROGRAMS),$(ARCHITECTURE)" in
	,x86-64) $(RELEASE) build --locked --release $(addprefix --package uketsuke-,$(DAEMONS)) --package uketsukectl ;;
	,arm64) image/arm64/cross ;;
	esac
	for daemon in $(DAEMONS); do
	  install -D -m 0755 -t "$(DESTDIR)/usr/libexec/uketsuke" "$(BUILT)/uketsuke-$$daemon"
	done
	install -D -m 0755 -t "$(DESTDIR)/usr/bin" "$(BUILT)/uketsukectl"
	[ -n "$(RECORDINGS)" ] || $(MAKE) recordings
	install -D -m 0644 -t "$(DESTDIR)/usr/share/uketsuke/voice" $(or $(RECORDINGS),target/voice)/{*.opus,LICENCE}
	[ -n "$(LITERT)" ] || packages/install-litert $(ARCHITECTURE)
	litert=$(or $(LITERT),target/litert$(if $(filter arm64,$(ARCHITECTURE)),-arm64))
	install -D -m 0644 -t "$(DESTDIR)/usr/lib/uketsuke" "$$litert/libLiteRt.so"
	install -D -m 0644 -t "$(DESTDIR)/usr/share/uketsuke/litert" "$$litert/LICENCE"
	# Paths below systemd/ mirror the target; folders that other programs of systemd's family read
	# lie one level higher there.
	(cd systemd && find . -type f -not -path './dbus/*' -not -path './initrd/*') | while read -r file; do
	  case $$file in
	  ./sysusers.d/* | ./tmpfiles.d/* | ./sysctl.d/* | ./modules-load.d/* | ./modprobe.d/*) target=usr/lib/$$file ;;
	  *) target=usr/lib/systemd/$$file ;;
	  esac
	  install -D -m 0644 "systemd/$$file" "$(DESTDIR)/$$target"
	done
	install -D -m 0644 -t "$(DESTDIR)/usr/share/dbus-1/system.d" systemd/dbus/*.conf
	install -D -m 0644 -t "$(DESTDIR)/usr/lib/udev/rules.d" udev/*.rules
	install -D -m 0644 -t "$(DESTDIR)/etc/rauc" rauc/system.conf
	install -D -m 0644 config/reader.toml "$(DESTDIR)/etc/uketsuke/reader.toml"
	# Where the data partition is mounted; and reader.d, which each boot fills from what was provisioned.
	install -d -m 0755 "$(DESTDIR)/data"
	ln -sfn /run/uketsuke/reader.d "$(DESTDIR)/etc/uketsuke/reader.d"

install-models: ## lay the signed models of MODELS, and MODEL_KEY, below DESTDIR
	@install -D -m 0644 -t "$(DESTDIR)/usr/share/uketsuke/model-keys" "$(MODEL_KEY)"
	(cd "$(MODELS)" && find . -type f) | while read -r file; do
	  install -D -m 0644 "$(MODELS)/$$file" "$(DESTDIR)/usr/share/uketsuke/models/$$file"
	done

install-initrd: ## lay what the initrd needs, below DESTDIR; built as for install
	@install -D -m 0755 -t "$(DESTDIR)/usr/libexec/uketsuke" "$(BUILT)/uketsuke-boot"
	(cd systemd/initrd && find . -type f) | while read -r file; do
	  install -D -m 0644 "systemd/initrd/$$file" "$(DESTDIR)/usr/lib/systemd/$$file"
	done
	install -D -m 0644 -t "$(DESTDIR)/usr/lib/udev/rules.d" udev/60-uketsuke-slots.rules
	# The hardware watchdog is armed before anything can hang.
	install -D -m 0644 -t "$(DESTDIR)/usr/lib/systemd/system.conf.d" systemd/system.conf.d/10-watchdog.conf

image: setup ## build the reference image and its update bundle: target/image/release
	@image/build release

image-arm64: setup ## the reference image for 64-bit ARM: target/image/release-arm64
	@image/build release arm64

image-twice: ## one commit built twice in two folders; lists what differs
	@.ci/reproducible

image-test: image image-development ## boot what was built in an emulated machine and use it
	@for cause in good daemon-change kernel initrd mount health check hang stuck card mode screen uplink update; do
	  image/variant development $$cause
	done
	image/refused development
	cargo build --locked --package uketsuke-machine
	target/debug/uketsuke-machine run boot check-in keypad update:good update:daemon-change stick provision \
	  broken-update:kernel,initrd,mount,health,check,hang,stuck,card,mode,screen,uplink,update \
	  power-cuts:200,10 replay refused:1000 corrupt:100,2 matrix models bench

image-development: setup ## the same with a shell and tools, for tests and for looking inside
	@image/build development
