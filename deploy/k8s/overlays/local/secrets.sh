#!/bin/sh
# Makes the secrets of the local overlay where they are missing; what is there stays. Needs `dutiful` on the PATH, and keeps
# the keys in .dutiful/k8s: `dutiful token --key .dutiful/k8s/token.pem --role operator` mints a token.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
keys=${DUTIFUL_HOME:-.dutiful}/k8s
mkdir -p "$keys"

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
dutiful certificate key --key "$keys/certificate.pem" >/dev/null
secret dutiful-certificate-key --from-file "key.pem=$keys/certificate.pem"
dutiful evidence key --key "$keys/evidence.pem" >/dev/null
secret dutiful-evidence-key --from-file "key.pem=$keys/evidence.pem"
dutiful token --key "$keys/token.pem" --role operator >/dev/null
secret dutiful-token-key --from-file "key.pem=$keys/token.pem"
secret dutiful-requests-vault --from-literal "key=$(openssl rand -hex 24)"
secret dutiful-notifier-vault --from-literal "key=$(openssl rand -hex 24)"
