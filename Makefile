# `make` lists what there is. Written for GNU make 3.81, which macOS still has, and sh.

# A .venv of ours, once there is one, is whole and comes first.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## list these targets
	@awk -F ':.*## ' '/^[A-Za-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: go ## the demo: rounds over 100 endpoints on this machine, some of them broken
	@CGO_ENABLED=0 go run -trimpath ./cmd/rollcall demo

test: go ## what is proven in five minutes: tests with the race detector, vet, the template
	@left=$$($(LEFT_OUT)); \
	if [ -n "$$left" ]; then echo "not here: $$left; making .venv"; $(VENV); left=$$($(LEFT_OUT)); fi; \
	if [ -n "$$left" ] && [ "$$CI" = true ]; then echo "CI=true, and not here: $$left" >&2; exit 1; fi; \
	$(MAKE) --no-print-directory prove || exit 1; \
	if [ -n "$$left" ]; then echo "left out: $$left"; fi

ci: ## what CI runs: make test, lint, four hours of the deployed thing, a short soak, and the bench's own proofs
	@echo 'make ci is make test, lint, e2e, a short soak and bench-test; with CI=true a missing tool is a failure'
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory e2e
	@$(MAKE) --no-print-directory soak LIVES=500 CLOUDS=2 SEED=1
	@$(MAKE) --no-print-directory bench-test

# Everything is compiled with -race, once; only the functions, which the end-to-end tests build,
# are compiled without. What is waited for most comes first, more of it at once than there are
# processors. The whole of internal/e2e is `make e2e`; staticcheck is `make lint`: it takes as long
# to compile as half of this.
prove:
	@odd=$$(gofmt -l bench cmd functions internal) && test -z "$$odd" || { echo "gofmt would change: $$odd" >&2; exit 1; }
	if cfn-lint --version >/dev/null 2>&1; then cfn-lint template.yaml; fi
	go vet -race ./...
	go test -race -vet=off -p 4 ./functions/... ./internal/rollcall $$(go list ./... | grep -v /internal/e2e)

lint: go ## staticcheck
	tool=$$(CGO_ENABLED=0 GOFLAGS="$$GOFLAGS -trimpath" go tool -n staticcheck) && GOFLAGS="$$GOFLAGS -race" "$$tool" ./...

bench: go ## rollcall beside other ways to do it, under a share of a core: bench/results, within 15 minutes
	@bench/story/install.sh
	@cd bench && CGO_ENABLED=0 go build -trimpath -o bin/bench . && bin/bench $(BENCH)

bench-all: ## the same with what takes longer, half an hour: every size, share and contender
	@$(MAKE) --no-print-directory bench BENCH='-all -results results-all $(BENCH)'

power: go ## the function by its memory size: what a round takes and costs: bench/results/power.md, 6 minutes
	@cd bench && CGO_ENABLED=0 go build -trimpath -o bin/bench . && bin/bench power $(POWER)

bench-test: go ## the bench's own proofs, without racing anybody
	cd bench && go vet . ./cloud ./contest ./contend/... ./mock ./quota ./tools/hey && go test . ./cloud ./contest ./contend/... ./mock ./quota ./tools/hey

COUNT = 6

benchmarks: go ## Go benchmarks, COUNT=6 of each as benchstat reads them
	go test -run '^$$' -bench . -benchmem -count $(COUNT) ./...

# So many lives of each of two kinds, of 100 steps on the average; then so many in each of six
# clouds, of 15. What fails says which flag plays it again: in the folder of its package,
# go test -run 'TestModel/...' -rapid.checks=1 -rapid.steps=... -rapid.failfile=... (or -rapid.seed=...), with as many steps.
# SEED=0 is another one each time; CI plays the same lives always.
LIVES = 5200
CLOUDS = 10
SEED = 0

soak: go ## a million random steps of whole lives of alerts, and some against S3 and SNS
	CGO_ENABLED=0 go test -trimpath -vet=off ./internal/round -run 'TestModel$$' -v -timeout 60m -rapid.checks=$(LIVES) -rapid.steps=100 -rapid.seed=$(SEED)
	@$(WANTS_AWS)
	go test -race -vet=off ./internal/rollcall -run 'TestModel$$' -v -timeout 60m -rapid.checks=$(CLOUDS) -rapid.steps=15 -rapid.seed=$(SEED)

# Of scheduled time, which is played as fast as it goes: four hours have room for every story
# once, and take some minutes; 24 are a day. `go test` alone plays the first 25 minutes of it.
HOURS = 4

e2e: go ## the deployed thing, here: HOURS=4 of rounds, outages and mishaps; every message that is owed, and no other
	@$(WANTS_AWS)
	go test -race -vet=off ./internal/e2e -run 'TestDay$$' -v -count=1 -timeout 120m -rounds=$$(($(HOURS) * 60))

FUZZTIME = 10s

fuzz: go ## every fuzz test, FUZZTIME=10s each
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' internal | sed 's/:func / /' | while read -r file name; do \
		(set -x; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")") </dev/null || exit 1; \
	done

build: go ## the command, as bin/rollcall
	go build -trimpath -o bin/rollcall ./cmd/rollcall

# Where the template runs the functions. Only the command line can change it, never the
# environment: Lambda would refuse to start a binary made for another machine.
build-CheckFunction build-SlackFunction: GOOS = linux
build-CheckFunction build-SlackFunction: GOARCH = arm64

# `sam build` runs this in the repository itself: it has no prerequisites and writes only to
# ARTIFACTS_DIR. The targets file is proven on this machine's architecture, then packed.
build-CheckFunction: ## what `sam build` runs: the function and its targets, into ARTIFACTS_DIR
	@test -n "$(ARTIFACTS_DIR)" || { echo 'build-CheckFunction: no ARTIFACTS_DIR, want the folder to build into' >&2; exit 1; }
	GOOS= GOARCH= CGO_ENABLED=0 go run -trimpath -tags lambda.norpc ./cmd/rollcall validate -f infra/targets.yaml --interval "$$($(MAKE) -s --no-print-directory interval)" --memory "$$($(MAKE) -s --no-print-directory memory)"
	@$(MAKE) --no-print-directory same-fleet
	mkdir -p "$(ARTIFACTS_DIR)"
	GOOS=$(GOOS) GOARCH=$(GOARCH) CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -tags lambda.norpc -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/check
	cp infra/targets.yaml "$(ARTIFACTS_DIR)/targets.yaml"

build-SlackFunction: ## what `sam build` runs: the function that posts to Slack, into ARTIFACTS_DIR
	@test -n "$(ARTIFACTS_DIR)" || { echo 'build-SlackFunction: no ARTIFACTS_DIR, want the folder to build into' >&2; exit 1; }
	mkdir -p "$(ARTIFACTS_DIR)"
	GOOS=$(GOOS) GOARCH=$(GOARCH) CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -tags lambda.norpc -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/slack

# ---- Releases ----

# The same commit gives the same bytes on any machine with the same Go: no path of it is in them
# (-trimpath), nothing that its environment prefers, and in each binary the commit that made it.
RELEASED = GOFLAGS=-mod=readonly GOWORK=off GOEXPERIMENT= GOFIPS140=off GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0
RELEASE = go build -trimpath -buildvcs=true -ldflags '-s -w'

# What a release is made with is pinned in tools, a module of its own: none of it is a dependency
# of what it makes. It is for this machine, and built alike each time, because an SBOM holds the
# checksum of its maker.
TOOL = GOBIN="$(CURDIR)/bin" GOOS= GOARCH= GOFLAGS=-mod=readonly GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0 go
ALIKE = -trimpath -buildvcs=false
SBOM = -C tools install $(ALIKE) github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
LICENCES = -C tools install $(ALIKE) github.com/google/go-licenses/v2
VULNERABILITIES = -C tools install $(ALIKE) golang.org/x/vuln/cmd/govulncheck
ZIPPER = install $(ALIKE) github.com/aws/aws-lambda-go/cmd/build-lambda-zip# AWS's own, of the version in go.mod

package: go ## dist/, a release: the functions and the command, with SBOMs, licences and checksums
	@git rev-parse -q --verify HEAD >/dev/null || { echo 'package: no commit here, want a clone: the commit is the version' >&2; exit 1; }
	@test -z "$$(git status --porcelain)" || echo 'package: not everything here is committed; the version will end in +dirty' >&2
	@$(MAKE) --no-print-directory licences DOC=bin/licences.md
	@cmp bin/licences.md docs/licences.md || { echo 'package: docs/licences.md is of other dependencies; run make licences and commit it' >&2; exit 1; }
	@rm -rf dist bin/release && mkdir -p dist
	$(TOOL) $(ZIPPER)
	$(TOOL) $(SBOM)
	set -e; for arch in arm64 amd64; do \
		for name in check slack; do \
			made=bin/release/$$name-linux-$$arch/bootstrap as=dist/rollcall-$$name-linux-$$arch; \
			$(RELEASED) GOOS=linux GOARCH=$$arch $(RELEASE) -tags lambda.norpc -o $$made ./functions/$$name; \
			$(call ZIPPED,$${made%/*},$(CURDIR)/$$as.zip); \
			bin/cyclonedx-gomod bin -json -std -noserial -notimestamp -output $$as.cdx.json $$made; \
		done; \
		for os in linux darwin; do \
			made=dist/rollcall-$$os-$$arch; \
			$(RELEASED) GOOS=$$os GOARCH=$$arch $(RELEASE) -o $$made ./cmd/rollcall; \
			bin/cyclonedx-gomod bin -json -std -noserial -notimestamp -output $$made.cdx.json $$made; \
		done; \
	done
	@$(MAKE) --no-print-directory licence-texts
	cd dist && sums=$$(LC_ALL=C; export LC_ALL; $$(command -v sha256sum || echo shasum -a 256) *) && echo "$$sums" >SHA256SUMS
	@chmod -R u=rwX,go=rX dist
	go test -vet=off -count=1 ./functions/check -run 'TestRelease$$' -dist "$(CURDIR)/dist"

# The clone is at another path, later, and made with another umask, time zone and locale.
package-test: ## that the commit gives the same bytes once more, elsewhere
	@test -z "$$(git status --porcelain)" || { echo 'package-test: not everything here is committed, and so not in a clone' >&2; exit 1; }
	@$(MAKE) --no-print-directory package
	@set -e; elsewhere=$$(mktemp -d); trap 'rm -rf "$$elsewhere"' EXIT; umask 077; \
		git clone --quiet . "$$elsewhere/clone"; \
		(cd "$$elsewhere/clone"; TZ=Asia/Tokyo LC_ALL=C $(MAKE) --no-print-directory package >"$$elsewhere/said" 2>&1) || { cat "$$elsewhere/said" >&2; exit 1; }; \
		diff dist/SHA256SUMS "$$elsewhere/clone/dist/SHA256SUMS"
	@echo 'package-test: the same bytes twice'

# The bootstrap in FOLDER as ZIP, without times, and to be executed whatever the umask was. No
# targets file is in it: that is of whoever deploys it, and TargetsLocation says where it is.
ZIPPED = (cd "$(1)" && "$(CURDIR)/bin/build-lambda-zip" -o "$(2)" bootstrap)

zip: # both of them whole paths
	@$(TOOL) $(ZIPPER)
	@$(call ZIPPED,$(FOLDER),$(ZIP))

# What is in the binaries, as they are for Linux. What only builds or proves them is in none.
# GOROOT tells it what is of Go itself: it is built without paths.
LICENSED = GOROOT="$$(go env GOROOT)" GOOS=linux GOARCH=arm64 CGO_ENABLED=0 bin/go-licenses
BINARIES = --ignore rollcall ./functions/check ./functions/slack ./cmd/rollcall
DOC = docs/licences.md

licences: go ## docs/licences.md: whose code is in the binaries, and under which licence
	@$(TOOL) $(LICENCES)
	@$(LICENSED) report --template docs/licences.tmpl $(BINARIES) >bin/licences.new 2>bin/licences.log || { cat bin/licences.log >&2; exit 1; }
	@mv bin/licences.new $(DOC)

licence-texts:
	@rm -rf bin/licences
	@$(LICENSED) save --save_path bin/licences $(BINARIES) 2>bin/licences.log || { cat bin/licences.log >&2; exit 1; }
	@mkdir -p bin/licences/go bin/licences/rollcall
	@cp "$$(go env GOROOT)/LICENSE" bin/licences/go/ && cp LICENSE bin/licences/rollcall/
	@cd bin/licences && find . -type f | LC_ALL=C sort | while read -r file; do \
		printf -- '---- %s ----\n\n' "$${file#./}"; cat "$$file"; echo; done >../../dist/licences.txt

# DB is where the database is, for those who have a mirror. Where it cannot be had nothing was looked
# for: that is said, and with CI=true it is a failure.
DB = https://vuln.go.dev

vulnerabilities: go ## what is publicly known to be wrong with the code that is called here
	@$(TOOL) $(VULNERABILITIES)
	@bin/govulncheck -db '$(DB)' -test ./... >bin/vulnerabilities.txt 2>&1; status=$$?; cat bin/vulnerabilities.txt; \
	if grep -q 'fetching vulnerabilities' bin/vulnerabilities.txt; then \
		echo 'vulnerabilities: nothing was looked for: $(DB) cannot be had from here' >&2; test "$$CI" != true; exit $$?; fi; \
	exit $$status

# Wants util-linux's script, for a terminal of a known width.
picture: go ## docs/demo.svg, the picture in README, from a real run of the demo
	go build -trimpath -o bin/rollcall ./cmd/rollcall
	TERM=xterm-256color script -qec 'stty cols 108 rows 50; bin/rollcall demo 2>/dev/null' /dev/null </dev/null \
		| sed -e '/| redirect-loop has never/,/| OPENED, WARNING/c\  | ... and so on' -e '/^The state:/,$$d' \
		| go run github.com/buildkite/terminal-to-html/v3/cmd/terminal-to-html@v3.17.0 >docs/demo.html
	lines=$$(wc -l <docs/demo.html); { \
		printf '<svg xmlns="http://www.w3.org/2000/svg" width="960" height="%d"><foreignObject width="100%%" height="100%%">' $$((lines * 17 + 60)); \
		printf '<div xmlns="http://www.w3.org/1999/xhtml"><style>pre{margin:0;padding:20px;border-radius:8px;background:#0d1117;color:#d6dde6;font:13px/17px ui-monospace,Menlo,Consolas,monospace}.term-fg31{color:#ff7b72}.term-fg32{color:#56d364}.term-fg33{color:#e3b341}.term-fg35{color:#d2a8ff}</style><pre>\n$$ rollcall demo\n'; \
		sed 's/&nbsp;/ /g' docs/demo.html; printf '</pre></div></foreignObject></svg>\n'; } >docs/demo.svg
	rm docs/demo.html

fmt: ## format every Go file
	gofmt -w bench cmd functions internal

clean: ## remove what was made here, but no state
	rm -rf .aws-sam .venv bin dist bench/bin bench/results-*

go:
	@go version | awk '{ here = $$0 } match($$0, /go1\.[0-9]+/) && substr($$0, RSTART + 4, RLENGTH - 4) + 0 >= 26 { new = 1 } \
		END { if (!new) { print "rollcall needs Go 1.26 or newer (https://go.dev/dl/), here is: " (here ? here : "no go"); exit 1 } }' >&2

# Prints what the proof cannot run, and what is unproven without it. Each tool is started, not
# looked up: a pyenv shim stands in the PATH though no Python there may have the tool.
LEFT_OUT = { cfn-lint --version || echo 'cfn-lint (whether template.yaml is well formed)' >&3; \
	python3 -c 'import samtranslator' || echo 'aws-sam-translator (what template.yaml promises)' >&3; \
	moto_server --help || echo 'moto_server (S3, SNS and the function end to end)' >&3; \
	} 3>&1 >/dev/null 2>&1 | paste -s -d ';' - | sed 's/;/; /g'

# Of the proofs that play AWS alone: without moto_server nothing would be played, and go test says ok.
WANTS_AWS = moto_server --help >/dev/null 2>&1 || { echo 'not here: moto_server; making .venv'; $(VENV); }; \
	moto_server --help >/dev/null 2>&1 || { echo 'left out: moto_server, so nothing of AWS is played' >&2; test "$$CI" != true; }

# Makes .venv, or leaves none: half of one would hide tools that are elsewhere.
VENV = { rm -rf .venv; python3 -m venv .venv && \
	.venv/bin/python3 -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 15 -r requirements-dev.txt; \
	} || rm -rf .venv

# The fleet's name stands in the targets file and, for the alarms, in the template's parameter:
# its default, or what samconfig.toml says of FleetName.
same-fleet:
	@fleet=$$(sed -n 's/^fleet:[ "'\'']*\([a-z][a-z0-9-]*\).*/\1/p' infra/targets.yaml); \
	watched=$$(sed 's/^ *#.*//' samconfig.toml | grep -Eo "FleetName=[\\\\\"']*[a-z][a-z0-9-]*" | sed "s/.*[=\\\\\"']//"); \
	test -n "$$watched" || watched=$$(awk '/^  FleetName:/ { in_it = 1 } in_it && /Default:/ { print $$2; exit }' template.yaml); \
	for name in $$watched; do test "$$name" != "$$fleet" || exit 0; done; \
	echo "infra/targets.yaml: fleet $$fleet, but the alarms watch $$watched; write parameter_overrides = \"FleetName=$$fleet\" under [default.deploy.parameters] in samconfig.toml" >&2; exit 1

# What a round must fit: the shortest interval that samconfig.toml says of IntervalMinutes, or the
# template's default.
interval:
	@minutes=$$(sed 's/^ *#.*//' samconfig.toml | grep -Eo "IntervalMinutes=[\\\\\"']*[0-9]+" | sed 's/.*[^0-9]//' | sort -n | head -1); \
	test -n "$$minutes" || minutes=$$(awk '/^  IntervalMinutes:/ { in_it = 1 } in_it && /Default:/ { gsub(/"/, "", $$2); print $$2; exit }' template.yaml); \
	echo "$${minutes}m"

# And in how much memory: the least that samconfig.toml says of MemorySize, or the default.
memory:
	@size=$$(sed 's/^ *#.*//' samconfig.toml | grep -Eo "MemorySize=[\\\\\"']*[0-9]+" | sed 's/.*[^0-9]//' | sort -n | head -1); \
	test -n "$$size" || size=$$(awk '/^  MemorySize:/ { in_it = 1 } in_it && /Default:/ { gsub(/"/, "", $$2); print $$2; exit }' template.yaml); \
	echo "$$size"

.PHONY: help run test ci prove lint bench bench-all power bench-test benchmarks e2e soak fuzz build build-CheckFunction build-SlackFunction same-fleet interval memory fmt clean go \
	package package-test zip licences licence-texts vulnerabilities picture
