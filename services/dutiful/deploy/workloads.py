"""A service as resources of Kubernetes, of KEDA and of whoever leads people to its API. Pure.

All that services have in common is in `deploy/k8s/service`; what is here is a service's name in all its places.
"""

from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue

from dutiful.deploy.resources import Resource, dns, of_service, resource, written

DOMAIN: Final = "dutiful.example"
"""Where the shipped routes lead from; an overlay puts an installation's own in its place."""

_KEDA: Final = "keda.sh/v1alpha1"
_PORT: Final = 8080
_LEAST: Final = 2
"""Processes of a service at least: one may go while the other works."""
_LAG: Final = 10_000
"""Records a process may be behind before there is another: less than a second's work, as `make bench` has it."""


def listing(directories: Sequence[str]) -> Resource:
    """A kustomization of others."""
    return {**_kustomization(), "resources": list(directories)}


def service(name: str) -> Resource:
    """The shared template under this service's name, with its own commands, role and user."""
    database = _env("DUTIFUL_DATABASE_URL", f"postgresql://{name}@/dutiful")
    password = _secret("DUTIFUL_DATABASE_PASSWORD", f"{_own(name)}-database")
    bus = [_env("DUTIFUL_KAFKA_USERNAME", _own(name)), _secret("DUTIFUL_KAFKA_PASSWORD", _own(name))]
    running = _container("service", ["run", name], [database, password, *bus])
    waiting = _container("migrated", ["migrate", name, "--wait"], [database, password])
    migrating = _container("migrate", ["migrate", name], [database, password])
    pods: dict[str, JsonValue] = {"initContainers": [waiting], "containers": [running]}
    return {
        **_kustomization(),
        "resources": ["../../service"],
        "nameSuffix": f"-{dns(name)}",
        "labels": [{"pairs": dict(of_service(name)), "includeSelectors": True}],
        "patches": [
            _patch("apps/v1", "Deployment", "dutiful", pods),
            _patch("batch/v1", "Job", "dutiful-migrate", {"containers": [migrating]}),
        ],
    }


def role(name: str) -> JsonValue:
    """The service's role for CloudNativePG: it may make a schema of its own, as a member of `dutiful_services`."""
    return {
        "name": name,
        "ensure": "present",
        "login": True,
        "inRoles": ["dutiful_services"],
        "passwordSecret": {"name": f"{_own(name)}-database"},
    }


def roles(names: Sequence[str]) -> Resource:
    """A patch that gives the database cluster a role per service."""
    spec: Resource = {"managed": {"roles": [role(name) for name in names]}}
    return resource("postgresql.cnpg.io/v1", "Cluster", "dutiful-postgres", spec)


def password(name: str) -> Resource:
    """The password of the service's role, out of an installation's own store of secrets."""
    key = f"dutiful/{dns(name)}/database"
    spec: Resource = {
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "dutiful"},
        "target": {
            "template": {
                "type": "kubernetes.io/basic-auth",
                "metadata": {"labels": {"cnpg.io/reload": "true"}},
                "data": {"username": name, "password": "{{ .password }}"},
            }
        },
        "data": [{"secretKey": "password", "remoteRef": {"key": key, "property": "password"}}],
    }
    return resource("external-secrets.io/v1", "ExternalSecret", f"{_own(name)}-database", spec)


def scaling(name: str, partitions: int, prefix: str) -> list[Resource]:
    """More processes while the service is behind; never more than there are partitions to share."""
    own = _own(name)
    trigger: Resource = {
        "type": "kafka",
        "metadata": {
            "bootstrapServersFromEnv": "DUTIFUL_KAFKA",
            "consumerGroup": f"{prefix}dutiful-{name}",
            "lagThreshold": str(_LAG),
            "offsetResetPolicy": "earliest",
            "sasl": "scram_sha512",
            "tls": "enable",
        },
        "authenticationRef": {"name": own},
    }
    scaled: Resource = {
        "scaleTargetRef": {"name": own, "envSourceContainerName": "service"},
        "minReplicaCount": min(_LEAST, partitions),
        "maxReplicaCount": partitions,
        "triggers": [trigger],
    }
    authentication: Resource = {
        "env": [{"parameter": "username", "name": "DUTIFUL_KAFKA_USERNAME", "containerName": "service"}],
        "secretTargetRef": [
            {"parameter": "password", "name": own, "key": "password"},
            {"parameter": "ca", "name": "dutiful-cluster-ca-cert", "key": "ca.crt"},
        ],
    }
    return [
        resource(_KEDA, "ScaledObject", own, scaled, of_service(name)),
        resource(_KEDA, "TriggerAuthentication", own, authentication, of_service(name)),
    ]


def route(name: str) -> Resource:
    """The way in by a Gateway, under a host of the service's own; metrics and health stay inside."""
    inside: list[JsonValue] = [_begins("/metrics"), _begins("/health")]
    away: JsonValue = {
        "type": "RequestRedirect",
        "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/docs"}, "statusCode": 302},
    }
    spec: Resource = {
        "parentRefs": [{"name": "dutiful", "sectionName": "https"}],
        "hostnames": [f"{dns(name)}.{DOMAIN}"],
        "rules": [
            {"matches": inside, "filters": [away]},
            {"matches": [_begins("/")], "backendRefs": [{"name": _own(name), "port": _PORT}]},
        ],
    }
    return resource("gateway.networking.k8s.io/v1", "HTTPRoute", _own(name), spec, of_service(name))


def ingress(name: str) -> Resource:
    """The way in on a machine of one's own."""
    backend: JsonValue = {"service": {"name": _own(name), "port": {"name": "http"}}}
    path: JsonValue = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Resource = {"rules": [{"host": f"{dns(name)}.dutiful.localhost", "http": {"paths": [path]}}]}
    return resource("networking.k8s.io/v1", "Ingress", _own(name), spec, of_service(name))


def _own(name: str) -> str:
    return f"dutiful-{dns(name)}"


def _kustomization() -> Resource:
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


def _begins(path: str) -> JsonValue:
    return {"path": {"type": "PathPrefix", "value": path}}


def _env(name: str, value: str) -> JsonValue:
    return {"name": name, "value": value}


def _secret(name: str, secret: str) -> JsonValue:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": "password"}}}


def _container(name: str, arguments: list[JsonValue], env: list[JsonValue]) -> JsonValue:
    return {"name": name, "args": arguments, "env": env}


def _patch(api: str, kind: str, name: str, pods: dict[str, JsonValue]) -> JsonValue:
    return {"patch": written([resource(api, kind, name, {"template": {"spec": pods}})])}
