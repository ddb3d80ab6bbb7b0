#!/bin/sh
# Makes the secrets of the local overlay, where they are not there yet; what is there stays. Needs `dutiful` on the PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

secret() {
    name=$1
    shift
    kubectl --namespace dutiful get secret "$name" >/dev/null 2>&1 || kubectl --namespace dutiful create secret generic "$name" "$@"
}

kubectl apply --filename "$here/../../base/namespace.yaml"
for directory in "$here"/../../services/*/; do
    service=$(basename "$directory")
    secret "dutiful-$service-database" --type kubernetes.io/basic-auth \
        --from-literal "username=$(echo "$service" | tr - _)" --from-literal "password=$(openssl rand -hex 24)"
done
dutiful certificate key --key "$keys/certificate.pem"
secret dutiful-certificate-key --from-file "key.pem=$keys/certificate.pem"
dutiful token --key "$keys/token.pem" --role operator >/dev/null
secret dutiful-token-key --from-file "key.pem=$keys/token.pem"
