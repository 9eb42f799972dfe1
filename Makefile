# One command each; `make` alone lists them. Works with GNU make 3.81 and newer.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build run test format deps fuzz fuzz-http sbom audit tables soak bench jmh image image-check \
	docker-up docker-down clean

APP          := target/app/hotcold-user-api.jar
CACHE        := target/app/hotcold-user-api.aot
# Directories are listed as well: theirs is the time stamp that changes when a file is removed.
SOURCES      := pom.xml $(wildcard .mvn/*) $(shell find src/main migrations)
FUZZ         ?= *FuzzTest
FUZZ_SECONDS ?= 60
FUZZ_HTTP    ?= HttpDifferenceIT,Http2FramesIT
JMH          ?= .*
IMAGE        ?= hotcold-user-api:local
COMPOSE      := docker compose -f deploy/docker-compose.yml

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

build: $(CACHE) ## compile and package into target/app, when sources have changed

$(APP): $(SOURCES)
	@echo "building ..."
	@rm -rf target/app
	@bin/maven -q package -Dmaven.test.skip=true -Dcyclonedx.skip=true

# The service starts without it too, only more slowly: where it cannot be made, an empty file says so until sources change.
$(CACHE): $(APP) bin/hotcold bin/jvm.options
	@echo "training for a quick start, some 20 seconds ..."
	@rm -rf $@ target/training && mkdir -p target/training
	@bin/hotcold train target/training/data -- env JAVA_OPTS=-XX:AOTCacheOutput=$@ bin/hotcold serve \
		>target/training/log 2>&1 && [ -s $@ ] \
		|| { echo "it failed, so the service will start more slowly; why: target/training/log"; : >$@; }
	@rm -rf target/training/data $@.config

run: build ## run the service with embedded PostgreSQL and Redis and a few users; Ctrl-C stops it
	@exec bin/hotcold serve --demo

test: ## build, analyse, check the format, run every test against real embedded servers
	@rm -rf target/app
	@exec bin/maven verify

format: ## format the sources
	@exec bin/maven -q spotless:apply

# A whole build that runs no test: it resolves what plugins ask for only while they work, such as the test engine.
deps: ## download everything that build and test need
	@exec bin/maven -q verify -Dgroups=none

# Not part of build, which it would slow down by half: it takes the checksums of the embedded servers too.
sbom: ## package, with the bill of materials target/app/bom.json, as test and the image do
	@exec bin/maven -q package -Dmaven.test.skip=true

# A scanner knows more, and needs the network: docs/decisions/0012 has the commands.
audit: ## package, and check the libraries against security/advisories.json, as test does
	@exec bin/maven -q verify -Dtest=AuditTest -Dit.test=AuditIT

fuzz: ## search for inputs that fail, for FUZZ_SECONDS (60) per test; FUZZ='PgOutput*' for some tests only
	@exec bin/maven test -Pfuzz -Dtest='$(FUZZ)' -Dfuzz.duration=$(FUZZ_SECONDS)s

fuzz-http: ## send odd requests to both HTTP paths, and odd HTTP/2 frames, for FUZZ_SECONDS (60) each
	@exec bin/maven verify -Dtest=none -Dit.test='$(FUZZ_HTTP)' -Dsurefire.failIfNoSpecifiedTests=false \
		-Dfuzz.seconds=$(FUZZ_SECONDS) -Dfuzz.seed=$$(date +%s)

tables: ## run the service on every kind of table, on a PostgreSQL of its own or that at PG_PORT, and note the outcomes
	@bin/maven verify -Dtest=none -Dit.test=OwnersMatrixIT -Dsurefire.failIfNoSpecifiedTests=false \
		-Dmatrix=all -Dupdate=true $(if $(PG_PORT),-Dmatrix.port=$(PG_PORT))
	@bin/maven -q surefire:test -Dtest=DocumentationTest -Dupdate=true

soak: ## writers, readers and faults for some minutes: nothing may stay stale
	@exec bin/maven verify -Dtest=none -Dit.test=SoakIT -Dsurefire.failIfNoSpecifiedTests=false -Dsoak.seconds=30

bench: build ## measure the service against nginx and pgbench, and revision BASE beside it; ARGS='--quick --only hot'
	@exec bench/bench $(if $(BASE),--base '$(BASE)') $(ARGS)

jmh: ## time and allocation of the codec and the response bytes; JMH='CachedValue -f 3' for JMH's own arguments
	@exec bin/maven -q -Pjmh test-compile exec:exec -Djmh.arguments='$(JMH)'

# The times in the image are the commit's, so that the same commit makes the same layers, but for the AOT cache's.
image: ## build the image as IMAGE (hotcold-user-api:local); ARGS='--sbom=true --push' for docker build
	@DOCKER_BUILDKIT=1 docker build --tag '$(IMAGE)' --build-arg SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" \
		--build-arg REVISION="$$(git rev-parse HEAD)" --build-arg VERSION="$$(git describe --always --dirty)" $(ARGS) .

image-check: ## start a container of IMAGE: it must use its AOT cache and become healthy
	@deploy/image/check '$(IMAGE)'

docker-up: ## build the image; start PostgreSQL, Redis, the service and a few users in containers; wait until healthy
	@$(COMPOSE) up --build --detach --wait
	@for published in 'api 8080 /swagger/' 'api 9090 /metrics' 'prometheus 9090 /' 'grafana 3000 /'; do \
		set -- $$published; \
		at=$$($(COMPOSE) port $$1 $$2 2>/dev/null) && echo "  http://localhost:$${at##*:}$$3" || :; \
	done

docker-down: ## stop and remove the containers; the volumes stay
	@$(COMPOSE) --profile monitoring down

clean: ## remove build results and the embedded servers' data
	@for file in .local/*/postgresql/postmaster.pid .local/postgresql/postmaster.pid; do \
		pid=$$(head -n 1 "$$file" 2>/dev/null) || continue; \
		if kill -0 "$$pid" 2>/dev/null; then \
			echo "PostgreSQL (process $$pid) still runs on $${file%/*}: stop the service first" >&2; exit 1; \
		fi; \
	done
	@rm -rf target .local .cifuzz-corpus
