# Sourced by up.sh and down.sh.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${BIN:?folder with kube, its links, pause.tar and nsrelay; build.sh makes it}"
: "${STATE:?folder for everything the cluster writes; down.sh removes it}"
NODES=${NODES:-1}                  # worker nodes; 0 = API server, controllers and scheduler only
PORT=${PORT:-6443}                 # on 127.0.0.1 of the caller's network namespace
CP=kcp                             # network namespace of the control plane; nodes: kn1, kn2, ...
NET=10.77.0 POD=10.244 SVC=10.96   # inside those namespaces only: none has a link outside
