"""The rules of alerts as the Prometheus operator takes them. Pure."""

import yaml

from dutiful.deploy.resources import Resource, resource


def alerts(rules: str) -> Resource:
    """A file of Prometheus's rules as a resource."""
    return resource("monitoring.coreos.com/v1", "PrometheusRule", "dutiful", yaml.safe_load(rules))
