"""The manifests as kustomize builds them, read as far as tests look at them."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/k8s"


class Loose(BaseModel):
    """A part of a manifest; what isn't named here is not looked at."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Named(Loose):
    """What refers to something by its name."""

    name: str


class Env(Loose):
    """A variable; without a value it comes from a secret, or from what Kubernetes knows of the pod."""

    name: str
    value: str | None = None
    source: dict[str, dict[str, JsonValue]] = Field({}, alias="valueFrom")


class EnvFrom(Loose):
    """A ConfigMap or a secret that is a part of the environment whole."""

    config: Named | None = Field(None, alias="configMapRef")
    secret: Named | None = Field(None, alias="secretRef")


class Get(Loose):
    """A request that a probe makes."""

    path: str
    port: str


class Probe(Loose):
    """How Kubernetes asks how a container is."""

    get: Get = Field(alias="httpGet")


class Container(Loose):
    """A container, also one that runs before the others."""

    name: str
    image: str
    args: list[str] = []
    env: list[Env] = []
    env_from: list[EnvFrom] = Field([], alias="envFrom")
    security: dict[str, JsonValue] = Field({}, alias="securityContext")
    resources: dict[str, dict[str, str]] = {}
    mounts: list[dict[str, JsonValue]] = Field([], alias="volumeMounts")
    ports: list[dict[str, JsonValue]] = []
    lives: Probe | None = Field(None, alias="livenessProbe")
    ready: Probe | None = Field(None, alias="readinessProbe")
    starts: Probe | None = Field(None, alias="startupProbe")


class Pod(Loose):
    """What a pod is to be."""

    containers: list[Container]
    init: list[Container] = Field([], alias="initContainers")
    security: dict[str, JsonValue] = Field({}, alias="securityContext")
    token: bool = Field(True, alias="automountServiceAccountToken")
    grace_s: int = Field(30, alias="terminationGracePeriodSeconds")
    volumes: list[dict[str, JsonValue]] = []

    @property
    def every(self) -> list[Container]:
        """All of its containers."""
        return [*self.init, *self.containers]


class Meta(Loose):
    """A resource's name and labels; a pod's template has the second alone."""

    name: str = ""
    labels: dict[str, str] = {}


class Template(Loose):
    """The pods that a workload makes."""

    metadata: Meta
    spec: Pod


class Workload(Loose):
    """A Deployment or a Job."""

    template: Template
    replicas: int | None = None


class Resource(Loose):
    """Any resource."""

    kind: str
    metadata: Meta
    spec: dict[str, JsonValue] = {}
    data: dict[str, str] = {}


class Block(Loose):
    """Addresses, less some of them."""

    cidr: str
    left_out: list[str] = Field([], alias="except")


class Peer(Loose):
    """Whom a policy lets through."""

    block: Block | None = Field(None, alias="ipBlock")


class Egress(Loose):
    """Where a policy lets pods go."""

    to: list[Peer] = []
    ports: list[dict[str, JsonValue]] = []


class Selector(Loose):
    """Which pods are meant."""

    labels: dict[str, str] = Field({}, alias="matchLabels")


class Policy(Loose):
    """A NetworkPolicy."""

    pods: Selector = Field(alias="podSelector")
    types: list[str] = Field(alias="policyTypes")
    egress: list[Egress] = []

    @property
    def blocks(self) -> list[Peer]:
        """The addresses that it lets pods go to."""
        return [peer for each in self.egress for peer in each.to if peer.block]


class Built:
    """An overlay, built."""

    def __init__(self, overlay: str) -> None:
        command = [shutil.which("kubectl") or "", "kustomize", str(MANIFESTS / "overlays" / overlay)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own manifests
        self.all = [Resource.model_validate(each) for each in yaml.safe_load_all(done.stdout)]

    def of(self, kind: str) -> dict[str, Resource]:
        """All resources of a kind by their names."""
        return {each.metadata.name: each for each in self.all if each.kind == kind}

    def workloads(self, *kinds: str) -> dict[str, Workload]:
        """Deployments and Jobs by kind and name."""
        return {
            f"{each.kind} {each.metadata.name}": Workload.model_validate(each.spec)
            for each in self.all
            if each.kind in (kinds or ("Deployment", "Job"))
        }

    def pods(self, *kinds: str) -> list[Pod]:
        """The pods that they make."""
        return [each.template.spec for each in self.workloads(*kinds).values()]

    def services(self) -> Iterator[tuple[str, Pod, Container]]:
        """Each service by its name on the command line, its pod, and its container."""
        for pod in self.pods("Deployment"):
            for container in pod.containers:
                if container.args[:1] == ["run"]:
                    yield container.args[1], pod, container

    def policies(self) -> dict[str, Policy]:
        """The network policies."""
        return {name: Policy.model_validate(each.spec) for name, each in self.of("NetworkPolicy").items()}

    def environment(self, container: Container) -> dict[str, str]:
        """What a container's environment holds; where a secret is, a word in its place."""
        maps = [self.of("ConfigMap")[source.config.name] for source in container.env_from if source.config]
        said = {key: value for each in maps for key, value in each.data.items()}
        return said | {each.name: each.value or "x" * 32 for each in container.env}


@cache
def built(overlay: str) -> Built:
    """Building takes a second: once."""
    return Built(overlay)
