# Everything a newcomer types. Each target is one line or one script.
.PHONY: run test check check-corpora audit load bench bench-check assets

run: assets   ## build and serve the site at http://127.0.0.1:8000
	cargo run

test:         ## install what the tests need, check everything, run everything
	scripts/test

check:        ## the quick half of `make test`: format, lints, documentation, features
	scripts/check

check-corpora: ## other people's hostile vectors and answers, which are not ours to ship: make check-corpora DIR=…
	PALISADE_CORPORA="$(abspath $(DIR))" cargo nextest run -p palisade -p mathsoc -p answers --all-features --run-ignored only --success-output final corpora

audit:        ## how a site stands, and what to type to mend it: make audit URL=https://…
	cargo run --quiet -p palisade-cli -- audit $(URL)

load:         ## the programs under load and faults, as a table of promises; ONLY=redis runs those with that in their name
	scripts/load $(ONLY)

bench:        ## what layers, the site, limits and answers cost, beside others; QUICK=1 is shorter, and only the first two
	scripts/bench-speed
	scripts/bench-site
ifndef QUICK
	cargo bench -p palisade
	cargo run --quiet --release --manifest-path bench/Cargo.toml --bin limits
	scripts/bench-answers
endif

bench-check:  ## what a request costs in instructions, and what of it has changed by more than 3 %
	scripts/bench-check

assets:       ## bundle scripts and fonts from npm; without npm the site is plainer
	scripts/assets
