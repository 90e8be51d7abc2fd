#!/bin/bash
# build.sh OUT: builds OUT/traefik (Traefik 3.5, a controller of Ingress and of the Gateway API with
# weighted routes) and OUT/definitions.yaml (the Gateway API's own). Needs Go and a module proxy.
set -euo pipefail
OUT=$1
cd "$(dirname "$0")"
HERE=$PWD
MODULE=github.com/traefik/traefik/v3
VERSION=v3.5.0
export CGO_ENABLED=0 GOFLAGS="-mod=mod -trimpath -buildvcs=false" GOWORK=off
mkdir -p "$OUT"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cp "$HERE/go.mod" "$HERE/go.sum" .
source=$(go mod download -json "$MODULE@$VERSION" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$source" source
chmod -R u+w source
# The module has no web page, which its build would embed.
mkdir -p source/webui/static
echo '<html></html>' >source/webui/static/index.html
go mod edit -replace "$MODULE=./source"
nice -n 10 go build -ldflags "-s -w" -o "$OUT/traefik" "$MODULE/cmd/traefik"
definitions=$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd/standard
: >"$OUT/definitions.yaml"
for file in "$definitions"/*.yaml; do
  case $file in *kustomization*) continue ;; esac
  { cat "$file"; echo; echo ---; } >>"$OUT/definitions.yaml"
done
