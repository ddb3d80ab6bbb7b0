#!/bin/sh
# Prints the Dockerfile's base with the digest that the registry gives for its tag now; needs docker with buildx, and the registry.
#   docker build --build-arg BASE=$(deploy/pin-base.sh) --tag dutiful:0.1.0 .
set -eu
base=$(sed -n 's/^ARG BASE=//p' "$(dirname "$0")/../Dockerfile")
digest=$(docker buildx imagetools inspect "$base" --format '{{.Manifest.Digest}}')
case $digest in
sha256:*) echo "$base@$digest" ;;
*) echo "no digest of $base: $digest" >&2; exit 1 ;;
esac
