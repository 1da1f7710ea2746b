#!/usr/bin/env bash
# A real object store for tests: Ceph's S3 gateway with one monitor, one manager and one OSD that lives in memory, all
# on the loopback and in one folder. It enforces Object Lock in COMPLIANCE mode, which most small servers do not.
#
#   radosgw.sh start DIR PORT     starts it (about 40 s, as root) and writes DIR/s3.json: endpoint, access_key, secret_key
#   radosgw.sh stop DIR           ends it, all of it, and nothing else
#
# Never for real copies: what it holds is gone with the process.
set -euo pipefail
what=${1:?start or stop} dir=$(realpath -m "${2:?a folder}")

stop() {
    for pid_file in "$dir"/run/*.pid; do
        [ -f "$pid_file" ] || continue
        kill -9 "$(cat "$pid_file")" 2>/dev/null || true
    done
}

if [ "$what" = stop ]; then
    stop
    exit 0
fi

port=${3:?a port}
mon=$((port + 1))
export CEPH_CONF=$dir/ceph.conf
mkdir -p "$dir"/{run,mon,mgr,osd,log}
trap stop ERR
fsid=$(cat /proc/sys/kernel/random/uuid)
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon]
public network = 127.0.0.0/8
keyring = $dir/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 2
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
run dir = $dir/run
admin socket = $dir/run/\$name.sock
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
mon data = $dir/mon
mgr data = $dir/mgr
osd data = $dir/osd
ms bind ipv6 = false
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 32
rgw lc debug interval = 5
debug ms = 0
CONF

ceph="ceph --conf $CEPH_CONF --connect-timeout 20"
# One keyring for all: whoever may read this folder is whoever runs the test.
everything=(--cap mon 'allow *' --cap mgr 'allow *' --cap osd 'allow *')
ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
for name in client.admin mgr.x client.rgw.a; do
    ceph-authtool "$dir/keyring" --gen-key -n "$name" "${everything[@]}"
done
monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon]" "$dir/monmap" >/dev/null
ceph-mon --conf "$CEPH_CONF" --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
ceph-mon --conf "$CEPH_CONF" -i a
ceph-mgr --conf "$CEPH_CONF" -i x
osd=$(cat /proc/sys/kernel/random/uuid)
secret=$(ceph-authtool --gen-print-key)
printf '{"cephx_secret": "%s"}' "$secret" >"$dir/osd.json"
$ceph osd new "$osd" -i "$dir/osd.json" >/dev/null
ceph-authtool "$dir/keyring" --name osd.0 --add-key "$secret" >/dev/null
ceph-osd --conf "$CEPH_CONF" -i 0 --mkfs --osd-uuid "$osd" >/dev/null 2>&1
ceph-osd --conf "$CEPH_CONF" -i 0 >/dev/null 2>&1
radosgw --conf "$CEPH_CONF" -n client.rgw.a >/dev/null 2>&1
for _ in $(seq 240); do
    curl -sf -o /dev/null "http://127.0.0.1:$port/" && break
    sleep 0.25
done
radosgw-admin --conf "$CEPH_CONF" user create --uid=node --display-name=node \
    --access-key=contrefeu-test --secret-key=contrefeu-test-secret >/dev/null 2>&1
printf '{"endpoint": "http://127.0.0.1:%s", "access_key": "contrefeu-test", "secret_key": "contrefeu-test-secret"}\n' \
    "$port" >"$dir/s3.json"
