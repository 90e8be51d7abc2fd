#!/bin/bash
# build.sh OUT: builds OUT/kube (etcd and all of Kubernetes in one static binary, with links),
# and the small programs beside it, from source/. Needs Go >= 1.24 and a Go module proxy.
set -euo pipefail
OUT=$1
cd "$(dirname "$0")/source"
VERSION=$(awk '$1 == "k8s.io/kubernetes" {print $2}' go.mod)
IFS=. read -r MAJOR MINOR _ <<<"${VERSION#v}"
FLAGS="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  FLAGS="$FLAGS -X $package.gitVersion=$VERSION -X $package.gitMajor=$MAJOR -X $package.gitMinor=$MINOR"
  FLAGS="$FLAGS -X $package.gitTreeState=clean -X $package.gitCommit=goproxy -X $package.buildDate=1970-01-01T00:00:00Z"
done
export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false" GOWORK=off
mkdir -p "$OUT"
nice -n 10 go build -ldflags "$FLAGS" -o "$OUT/kube" .
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
  ln -sf kube "$OUT/$name"
done
for program in app pause nsrelay; do
  go build -ldflags "-s -w" -o "$OUT/$program" "./$program"
done
