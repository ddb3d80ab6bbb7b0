"""The manifests as kustomize builds them, held against what the services, the image and the command line know."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import pytest
import typer.main
import yaml
from tests.deploy.manifests import MANIFESTS, ROOT, Peer, built

from chassis import consumer, service, serving
from chassis.health import PROBED
from chassis.settings import Settings
from dutiful.cli import app
from dutiful.services import RUNNABLE, settings_of
from holder.map_file import load
from notifier import addresses
from notifier.settings import NotifierSettings

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kustomize comes with kubectl")
each_overlay = pytest.mark.parametrize("overlay", ["local", "production"])


@each_overlay
def test_every_service_runs_once_with_its_migration_before_it(overlay: str) -> None:
    """Each service has one Deployment, whose pods wait for the migration that its Job applies."""
    build = built(overlay)
    wanted = set(RUNNABLE) if overlay == "production" else set(RUNNABLE) - {"holder"}
    assert sorted(name for name, _, _ in build.services()) == sorted(wanted)
    jobs = [container.args for pod in build.pods("Job") for container in pod.containers]
    assert sorted(jobs) == sorted(["migrate", name] for name in wanted)
    for name, pod, _ in build.services():
        assert [each.args for each in pod.init] == [["migrate", name, "--wait"]]
    commands = typer.main.get_group(app).commands
    for args in [*jobs, *(each.args for _, pod, _ in build.services() for each in pod.every)]:
        commands[args[0]].make_context(args[0], args[1:])


@each_overlay
def test_every_variable_is_a_setting_and_its_value_is_taken(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of each service makes valid settings: its own role, its own user of the bus, TLS to both."""
    build = built(overlay)
    for name, _, container in build.services():
        said = build.environment(container)
        with monkeypatch.context() as environment:
            for variable, value in said.items():
                environment.setenv(variable, value)
            settings = settings_of(name)
        assert "sslmode=verify-full" in settings.dsn
        assert settings.dsn.startswith(f"postgresql://{name}@/dutiful?")
        assert settings.kafka_username == f"dutiful-{name.replace('_', '-')}"
        assert settings.kafka_ca is not None
        ours = {each.removeprefix("DUTIFUL_").partition("__")[0].lower() for each in said if each.startswith("DUTIFUL")}
        assert ours <= type(settings).model_fields.keys(), "a variable that nothing reads"
        assert settings.oidc_issuer or settings.token_key, "no token would be accepted"
        if isinstance(settings, NotifierSettings):
            assert "DUTIFUL_ON_CALL" in said
            assert bool(settings.on_call) is (overlay == "production"), "whom to mail is a place of its own to fill in"


@each_overlay
def test_a_process_is_known_by_its_pod(overlay: str) -> None:
    """No two processes of a service have one name, and a container that was killed has its own again."""
    for _, _, container in built(overlay).services():
        (member,) = [each for each in container.env if each.name == "DUTIFUL_MEMBER"]
        assert member.source == {"fieldRef": {"fieldPath": "metadata.name"}}


@each_overlay
def test_probes_ask_what_a_service_answers_and_a_stop_has_its_time(overlay: str) -> None:
    """Live and ready are the health endpoints on the image's port; a pod is given longer than a stop takes at most."""
    port = re.search(r"DUTIFUL_PORT=(\d+)", (ROOT / "Dockerfile").read_text())
    assert port is not None
    for _, pod, container in built(overlay).services():
        probes = [container.lives, container.ready, container.starts]
        assert [probe.get.path for probe in probes if probe] == ["/health/live", "/health/ready", "/health/live"]
        assert {probe.get.path for probe in probes if probe} <= PROBED
        assert {probe.get.port for probe in probes if probe} == {"http"}
        assert container.ports == [{"name": "http", "containerPort": int(port[1])}]
        stop_within: timedelta = Settings.model_fields["stop_within"].default
        assert (
            pod.grace_s > stop_within.total_seconds() + consumer._LEAVE_S + service._LET_GO_S + serving._STOP_WITHIN_S
        )


@each_overlay
def test_secrets_are_references_to_what_something_makes(overlay: str, tmp_path: Path) -> None:
    """No secret lies in the manifests; each that is named is made: by an operator, External Secrets or a script."""
    build = built(overlay)
    assert build.of("Secret") == {}
    needing = [each.model_dump() for each in build.all if each.kind in {"Deployment", "Job", "Cluster"}]
    text = yaml.safe_dump(needing)
    named = set(re.findall(r"secretKeyRef:\n\s+key: \S+\n\s+name: (\S+)", text))
    named |= set(re.findall(r"secretName: (\S+)", text)) | set(re.findall(r"passwordSecret:\n\s+name: (\S+)", text))
    named |= set(re.findall(r"secretRef:\n\s+name: (\S+)\n(?!\s+optional)", text))
    made = {*build.of("KafkaUser"), "dutiful-cluster-ca-cert", "dutiful-postgres-ca", *build.of("ExternalSecret")}
    if overlay == "local":
        made |= _made_by_the_script(tmp_path).keys()
    assert named <= made
    assert {f"dutiful-{name.replace('_', '-')}-database" for name, _, _ in build.services()} <= named


def test_the_script_that_makes_secrets_keeps_those_that_are_there(tmp_path: Path) -> None:
    """Run again it changes none; each key file is one, and each password and key is another."""
    made = _made_by_the_script(tmp_path)
    assert _made_by_the_script(tmp_path) == made
    keys = re.findall(r"key\.pem=(\S+)", "\n".join(made.values()))
    assert len({Path(key).read_text() for key in keys}) == len(keys) >= 3
    random = re.findall(r"(?:password|key)=([0-9a-f]{48})$", "\n".join(made.values()), re.MULTILINE)
    assert len(set(random)) == len(random) == len(made) - len(keys)


def _made_by_the_script(home: Path) -> dict[str, str]:
    """What `secrets.sh` makes, by name, told to a `kubectl` that writes it down."""
    kept = home / "secrets"
    kept.mkdir(exist_ok=True)
    (home / "kubectl").write_text(_WRITES_DOWN)
    (home / "kubectl").chmod(0o700)
    path = f"{home}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "KEPT": str(kept), "DUTIFUL_HOME": str(home)}
    script = MANIFESTS / "overlays/local/secrets.sh"
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    return {each.name: each.read_text() for each in kept.iterdir()}


_WRITES_DOWN = """#!/bin/sh
case "$1 ${3-}" in
    "apply "*) ;;
    "--namespace get") test -e "$KEPT/$5" ;;
    "--namespace create") test ! -e "$KEPT/$6" && printf '%s\\n' "$@" > "$KEPT/$6" ;;
    *) echo "unknown: $*" >&2; exit 1 ;;
esac
"""


@each_overlay
def test_our_pods_can_do_little(overlay: str) -> None:
    """Not root, read-only, without capabilities or a token of Kubernetes; memory bounded; only volumes are written."""
    build = built(overlay)
    for pod in build.pods():
        assert pod.security["runAsNonRoot"] is True
        assert pod.security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod.token
        volumes = {str(volume["name"]): volume for volume in pod.volumes}
        for container in pod.every:
            assert container.security["readOnlyRootFilesystem"] is True
            assert container.security["allowPrivilegeEscalation"] is False
            assert container.security["capabilities"] == {"drop": ["ALL"]}
            assert container.resources["limits"]["memory"]
            for mount in container.mounts:
                assert mount.get("readOnly") or "emptyDir" in volumes[str(mount["name"])]
    (namespace,) = build.of("Namespace").values()
    assert namespace.metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted"


@each_overlay
def test_what_selects_pods_selects_those_that_are_meant(overlay: str) -> None:
    """A Service and a budget of a service fit its pods and no other's; a policy fits somebody, and one fits all."""
    build = built(overlay)
    pods = {name: each.template.metadata.labels for name, each in build.workloads().items()}
    for name, each in build.of("Service").items():
        assert _chosen(pods, each.spec["selector"]) == [f"Deployment {name}"]
    for name, budget in build.of("PodDisruptionBudget").items():
        selector = budget.spec["selector"]
        assert isinstance(selector, dict)
        assert _chosen(pods, selector["matchLabels"]) == [f"Deployment {name}"]
    policies = build.policies()
    for name, policy in policies.items():
        assert _chosen(pods | {"postgres": {"cnpg.io/cluster": "dutiful-postgres"}}, policy.pods.labels), name
    assert policies["dutiful-closed"].types == ["Ingress", "Egress"]
    assert _chosen(pods, policies["dutiful-closed"].pods.labels) == list(pods)


def _chosen(pods: Mapping[str, Mapping[str, str]], selector: object) -> list[str]:
    assert isinstance(selector, dict)
    return [name for name, labels in pods.items() if selector.items() <= labels.items()]


def test_no_webhook_is_let_through_to_an_address_that_the_notifier_refuses() -> None:
    """Every network that the notifier calls an inner one is left out of what may be reached."""
    policies = built("production").policies()
    outside = {name: policy.blocks for name, policy in policies.items() if policy.blocks}
    assert outside.keys() == {"dutiful-issuer", "dutiful-notifier"}
    for name, peers in outside.items():
        assert _reaches(peers, IPv4Network("1.1.1.0/24"))
        inside: list[IPv4Network | IPv6Network] = [*addresses._INSIDE_V4, *addresses._INSIDE_V6]
        for network in inside:
            assert not _reaches(peers, network), f"{name} leads to {network}"


def test_the_notifier_alone_reaches_outside_where_there_is_no_issuer() -> None:
    """Services with a key of their own for tokens are let out to nothing but servers; with an issuer, by 443 alone."""
    policies = built("local").policies()
    assert [name for name, policy in policies.items() if policy.blocks] == ["dutiful-notifier"]
    assert policies["dutiful-notifier"].pods.labels["app.kubernetes.io/name"] == "notifier"
    issuer = built("production").policies()["dutiful-issuer"]
    assert [egress.ports for egress in issuer.egress] == [[{"protocol": "TCP", "port": 443}]]


@pytest.mark.parametrize("where", ["compose/otel-collector.yaml", "k8s/components/opentelemetry/collector-config.yaml"])
def test_the_collector_takes_all_that_services_send(where: str) -> None:
    """Traces and metrics both: what has no pipeline is refused, and every service says so in its log for ever."""
    config = yaml.safe_load((ROOT / "deploy" / where).read_text())
    pipelines = config["service"]["pipelines"]
    assert pipelines.keys() == {"traces", "metrics"}
    assert all(each["receivers"] == ["otlp"] and each["exporters"] for each in pipelines.values())


def _reaches(peers: Sequence[Peer], network: IPv4Network | IPv6Network) -> bool:
    """Whether one block holds some of a network that its exceptions don't."""
    blocks = [peer.block for peer in peers if peer.block]
    return any(
        _overlap(ip_network(block.cidr), network)
        and not any(_within(network, ip_network(each)) for each in block.left_out)
        for block in blocks
    )


def _overlap(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    return inner.version == outer.version and inner[0] in outer and inner[-1] in outer


def test_no_service_scales_beyond_its_partitions() -> None:
    """A process more than there are partitions has nothing to do; one less than two leaves nobody while it goes."""
    build = built("production")
    partitions = {each.spec["partitions"] for name, each in build.of("KafkaTopic").items() if "dead-letter" not in name}
    for name, scaled in build.of("ScaledObject").items():
        assert {scaled.spec["maxReplicaCount"]} == partitions
        assert scaled.spec["minReplicaCount"] == 2
        assert build.workloads("Deployment")[f"Deployment {name}"].replicas is None
    groups = set(re.findall(r"'consumerGroup': '(\S+)'", str(build.of("ScaledObject"))))
    assert groups == {f"dutiful-{name}" for name in RUNNABLE}


@each_overlay
def test_images_are_of_this_version(overlay: str) -> None:
    """Each of our containers runs the image of the project's version, and nothing floats."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    build = built(overlay)
    assert {each.image for _, pod, _ in build.services() for each in pod.every} == {f"dutiful:{version[1]}"}
    assert all(re.search(r":v?\d+\.\d+", each.image) for pod in build.pods() for each in pod.every)


def test_the_database_takes_every_process_that_there_may_be() -> None:
    """With all services at their most, each with its pool, its relay's connection and one of its workers."""
    build = built("production")
    most = sum(int(str(each.spec["maxReplicaCount"])) for each in build.of("ScaledObject").values())
    each_takes = int(Settings.model_fields["connections"].default) + 2
    (allowed,) = re.findall(r"'max_connections': '(\d+)'", str(build.of("Cluster")))
    assert most * each_takes < int(allowed)


def test_the_data_map_reads_and_has_the_store_of_the_packages() -> None:
    """What the overlay gives the holder is a data map, and the store that packages go to is in it."""
    data_map = load(MANIFESTS / "overlays/production/data-map.toml")
    build = built("production")
    (packages,) = [build.environment(run)["DUTIFUL_PACKAGES"] for name, _, run in build.services() if name == "holder"]
    assert packages.removeprefix("store:") in data_map.stores
