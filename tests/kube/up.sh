#!/bin/bash
# up.sh: a real Kubernetes cluster in network namespaces that have no link outside.
# Leaves STATE/kubeconfig (https://127.0.0.1:PORT). NODES=0: only the API, no kubelet.
set -euo pipefail
. "$(dirname "$0")/env.sh"
[ -e "$STATE/pids" ] && { echo "already up: run down.sh first" >&2; exit 1; }
mkdir -p "$STATE"/{pki,log,etcd,conf}; : > "$STATE/pids"; T0=$(date +%s%N)
say() { printf '%5dms %s\n' $(( ($(date +%s%N) - T0) / 1000000 )) "$*"; }
trap '[ $? = 0 ] || { echo "up.sh failed; last lines of the logs:" >&2; tail -n 3 "$STATE"/log/* >&2; "$HERE/down.sh"; }' EXIT
start() { # NAME NETNS COMMAND...: in the background, log to STATE/log/NAME, pid to STATE/pids
  local n=$1 ns=$2; shift 2
  setsid nsenter --net=/run/netns/$ns "$@" >"$STATE/log/$n" 2>&1 </dev/null & echo "$! $n" >>"$STATE/pids"
}

# --- namespaces: kcp holds bridge kbr0 (NET.1); node i hangs on it as NET.1i, pods POD.i.0/24
ip netns add $CP; N="ip -n $CP"
$N link set lo up; $N link add kbr0 type bridge; $N addr add $NET.1/24 dev kbr0; $N link set kbr0 up
nsenter --net=/run/netns/$CP sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
for i in $(seq 1 $NODES); do
  ip netns add kn$i; ip -n kn$i link set lo up
  $N link add kv$i type veth peer name eth0 netns kn$i; $N link set kv$i master kbr0 up
  ip -n kn$i addr add $NET.1$i/24 dev eth0; ip -n kn$i link set eth0 up
  ip -n kn$i route add default via $NET.1
  $N route add $POD.$i.0/24 via $NET.1$i
  nsenter --net=/run/netns/kn$i sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
done
for i in $(seq 1 $NODES); do for j in $(seq 1 $NODES); do
  [ $i = $j ] || ip -n kn$i route add $POD.$j.0/24 via $NET.1$j; done; done

# --- certificates
cd "$STATE/pki"
EC="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $EC -days 3650 -subj /CN=kube-ca -keyout ca.key -out ca.crt 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out sa.key; openssl ec -in sa.key -pubout -out sa.pub 2>/dev/null
cert() { # FILE SUBJECT [SAN]
  openssl req $EC -subj "$2" -keyout $1.key 2>/dev/null | openssl x509 -req -CA ca.crt -CAkey ca.key \
    -set_serial 0x$(openssl rand -hex 8) -days 3650 -out $1.crt 2>/dev/null -extfile <(
    echo "extendedKeyUsage=serverAuth,clientAuth"; [ -z "${3:-}" ] || echo "subjectAltName=$3")
}
kubeconfig() { # FILE SERVER
  cat >"$STATE/conf/$1.kubeconfig" <<X
apiVersion: v1
kind: Config
clusters: [{name: k, cluster: {server: "$2", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: u, user: {client-certificate-data: $(base64 -w0 $1.crt), client-key-data: $(base64 -w0 $1.key)}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
current-context: c
X
}
cert apiserver /CN=kube-apiserver "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$NET.1,IP:$SVC.0.1"
cert admin /O=system:masters/CN=admin; kubeconfig admin https://127.0.0.1:$PORT
cert kubelet-client /O=system:masters/CN=apiserver-kubelet-client
cert front-proxy /CN=front-proxy
cert kcm /CN=system:kube-controller-manager; kubeconfig kcm https://127.0.0.1:6443
cert scheduler /CN=system:kube-scheduler; kubeconfig scheduler https://127.0.0.1:6443
cert proxy /CN=system:kube-proxy; kubeconfig proxy https://$NET.1:6443
for i in $(seq 1 $NODES); do cert node$i /O=system:nodes/CN=system:node:node$i; kubeconfig node$i https://$NET.1:6443; done
cp "$STATE/conf/admin.kubeconfig" "$STATE/kubeconfig"; cd - >/dev/null
say certificates

# --- control plane
P=$STATE/pki C=$STATE/conf
start etcd $CP "$BIN/etcd" --name default --data-dir "$STATE/etcd" ${ETCD_FLAGS---unsafe-no-fsync} \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380
start apiserver $CP "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 \
  --advertise-address=$NET.1 --service-cluster-ip-range=$SVC.0.0/16 --allow-privileged --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NodeRestriction --client-ca-file="$P/ca.crt" --tls-cert-file="$P/apiserver.crt" --tls-private-key-file="$P/apiserver.key" \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$P/sa.pub" --service-account-signing-key-file="$P/sa.key" \
  --kubelet-client-certificate="$P/kubelet-client.crt" --kubelet-client-key="$P/kubelet-client.key" --kubelet-preferred-address-types=InternalIP \
  --requestheader-client-ca-file="$P/ca.crt" --requestheader-allowed-names=front-proxy --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file="$P/front-proxy.crt" --proxy-client-key-file="$P/front-proxy.key" --enable-aggregator-routing ${APISERVER_FLAGS-}
setsid "$BIN/nsrelay" 127.0.0.1:$PORT $CP 127.0.0.1:6443 >"$STATE/log/nsrelay" 2>&1 </dev/null & echo "$! nsrelay" >>"$STATE/pids"
export KUBECONFIG=$STATE/kubeconfig
for t in $(seq 300); do [ "$("$BIN/kubectl" get --raw /readyz 2>/dev/null)" = ok ] && break; sleep 0.1; done
[ "$("$BIN/kubectl" get --raw /readyz)" = ok ]; say "API server ready"
start kcm $CP "$BIN/kube-controller-manager" --kubeconfig="$C/kcm.kubeconfig" --authentication-kubeconfig="$C/kcm.kubeconfig" --authorization-kubeconfig="$C/kcm.kubeconfig" \
  --service-account-private-key-file="$P/sa.key" --root-ca-file="$P/ca.crt" --use-service-account-credentials --leader-elect=false \
  --cluster-signing-cert-file="$P/ca.crt" --cluster-signing-key-file="$P/ca.key" --bind-address=127.0.0.1 --horizontal-pod-autoscaler-sync-period=5s \
  --kube-api-qps=300 --kube-api-burst=500 ${KCM_FLAGS-}
start scheduler $CP "$BIN/kube-scheduler" --kubeconfig="$C/scheduler.kubeconfig" --authentication-kubeconfig="$C/scheduler.kubeconfig" \
  --authorization-kubeconfig="$C/scheduler.kubeconfig" --leader-elect=false --bind-address=127.0.0.1
controllers() {
  for t in $(seq 300); do "$BIN/kubectl" -n default get serviceaccount default >/dev/null 2>&1 && break; sleep 0.1; done
  say "controllers at work (default service account is there)"
}
[ "$NODES" = 0 ] && { controllers; echo "export KUBECONFIG=$STATE/kubeconfig"; exit 0; }

# --- nodes: containerd, kubelet and kube-proxy each in the node's namespace
cgroup() { # PATH: make it in every v1 hierarchy (cpuset needs its two files filled in)
  local h d p; for h in /sys/fs/cgroup/*/; do
    case $h in */unified/) continue;; esac
    p=${h%/}; for d in ${1//\// }; do
      mkdir -p "$p/$d"; [ -e "$p/cpuset.cpus" ] && { cat "$p/cpuset.cpus" >"$p/$d/cpuset.cpus"; cat "$p/cpuset.mems" >"$p/$d/cpuset.mems"; }
      p=$p/$d; done; done
}
for i in $(seq 1 $NODES); do
  D=$STATE/node$i; mkdir -p "$D"/{cni,containerd,run,kubelet}
  cgroup kube/node$i
  cat >"$D/cni/10-bridge.conflist" <<X
{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"isDefaultGateway":true,"hairpinMode":true,
 "ipam":{"type":"host-local","dataDir":"$D/cni-ipam","ranges":[[{"subnet":"$POD.$i.0/24"}]]}}]}
X
  cat >"$D/containerd.toml" <<X
version = 2
root = "$D/containerd"
state = "$D/run"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$D/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = true   # this machine lacks CAP_SYS_RESOURCE: a negative score is refused
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$D/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
X
  cat >"$D/kubelet.yaml" <<X
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$D/c.sock
cgroupDriver: cgroupfs
cgroupRoot: /kube/node$i
cgroupsPerQOS: true
failCgroupV1: false
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $P/ca.crt}}
authorization: {mode: Webhook}
podLogsDir: $D/pod-logs
resolvConf: ""
clusterDNS: [$SVC.0.10]
clusterDomain: cluster.local
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
nodeStatusUpdateFrequency: 4s
shutdownGracePeriod: 0s
registerWithTaints: []
healthzBindAddress: 127.0.0.1
X
  cat >"$D/proxy.yaml" <<X
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: $C/proxy.kubeconfig}
clusterCIDR: $POD.0.0/16
hostnameOverride: node$i
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
X
  start containerd$i kn$i containerd -c "$D/containerd.toml"
done
# the kubelet sets these for the whole machine: kept for down.sh to put back
sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes >"$STATE/sysctl"
for i in $(seq 1 $NODES); do
  D=$STATE/node$i
  for t in $(seq 100); do ctr -a "$D/c.sock" version >/dev/null 2>&1 && break; sleep 0.1; done
  ctr -a "$D/c.sock" -n k8s.io images import "$BIN/pause.tar" >/dev/null
  start kubelet$i kn$i "$BIN/kubelet" --config="$D/kubelet.yaml" --kubeconfig="$C/node$i.kubeconfig" --root-dir="$D/kubelet" --cert-dir="$D/kubelet/pki" \
    --hostname-override=node$i --node-ip=$NET.1$i
  start proxy$i kn$i "$BIN/kube-proxy" --config="$D/proxy.yaml"
done
say "kubelets started"
for i in $(seq 1 $NODES); do
  for t in $(seq 60); do "$BIN/kubectl" get node node$i >/dev/null 2>&1 && break; sleep 0.25; done
  "$BIN/kubectl" wait --for=condition=Ready node/node$i --timeout=60s
done
say "nodes ready"; controllers; echo "export KUBECONFIG=$STATE/kubeconfig"
