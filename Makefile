# SPDX-License-Identifier: MIT OR Apache-2.0
# `make help` says what there is. A clean Debian 12 with rustup is enough.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory

DESTDIR ?=
# More arguments for the bench, as ARGS="--portrait --english".
ARGS ?=

.PHONY: help setup build run test bench views soak lint deny install

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

setup: ## install the Debian packages that are missing
	@packages/install

build: setup ## build every program
	@cargo build --locked --workspace --bins

run: build ## start a whole reception desk; open the page it prints
	@exec target/debug/uketsuke-bench $(ARGS)

test: setup ## check, build and run every test; print the counts
	@.ci/lint
	.ci/test

bench: setup ## measure; write target/bench.json and print it as a table
	@mkdir -p target
	rm -f target/bench.rows
	cargo build --locked --release --workspace --bins
	UKETSUKE_BENCH_OUT="$(CURDIR)/target/bench.rows" cargo bench --locked --workspace --bench '*'
	.ci/bench-table target/bench.rows target/bench.json

views: setup ## draw every view in both languages and orientations to target/views
	@cargo run --locked --package uketsuke-screen --bin uketsuke-screen -- --views target/views

soak: build ## each daemon killed at 50 points of a check-in
	@UKETSUKE_KILL_POINTS=50 cargo test --locked --package uketsuke-system-tests --test faults -- --nocapture each_daemon

lint: setup ## format, clippy, scripts and units
	@.ci/lint

deny: setup ## licences, sources and double versions of every dependency
	@test -x target/tools/bin/cargo-deny ||
	  cargo install --quiet --locked --version 0.20.2 --root target/tools cargo-deny
	target/tools/bin/cargo-deny check bans licenses sources

install: ## lay every file where it belongs, below DESTDIR
	@cargo build --locked --release --workspace --bins
	for daemon in card mode uplink screen terminal; do
	  install -D -m 0755 target/release/uketsuke-$$daemon "$(DESTDIR)/usr/libexec/uketsuke/uketsuke-$$daemon"
	done
	install -D -m 0755 target/release/uketsukectl "$(DESTDIR)/usr/bin/uketsukectl"
	(cd systemd/system && find . -type f) | while read -r file; do
	  install -D -m 0644 "systemd/system/$$file" "$(DESTDIR)/usr/lib/systemd/system/$$file"
	done
	for kind in sysusers.d tmpfiles.d system-preset; do
	  target=$$kind
	  [ $$kind != system-preset ] || target=systemd/system-preset
	  install -D -m 0644 -t "$(DESTDIR)/usr/lib/$$target" systemd/$$kind/*
	done
	install -D -m 0644 -t "$(DESTDIR)/usr/share/dbus-1/system.d" systemd/dbus/*.conf
	install -D -m 0644 -t "$(DESTDIR)/usr/lib/udev/rules.d" udev/*.rules
	install -D -m 0644 config/reader.toml "$(DESTDIR)/etc/uketsuke/reader.toml"
	install -d -m 0755 "$(DESTDIR)/etc/uketsuke/reader.d"
