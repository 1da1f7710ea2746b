#!/usr/bin/env bash
# The Debian package on a machine of its own, without a network: installed, used, upgraded, put back, removed, purged.
#   scripts/prove_deb.sh FORMER.deb NEW.deb        as root, with debootstrap; a clean system is fetched once
#   BASE=DIR      where that system is kept, and taken from the next time; MIRROR, SUITE: whence, and which
#
# What is proved, line by line: a version that fails to install leaves the one in use in use; a home goes on through an
# upgrade and back, with every message; what is left after a removal is the home, its users and nothing else. Services are
# checked as files: no systemd runs here.
set -euo pipefail
former=$(realpath "$1") new=$(realpath "$2")
base=${BASE:-/var/cache/contrefeu-prove-deb} suite=${SUITE:-bookworm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -e "$base/made" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase --include=python3,python3-venv,systemd "$suite" "$base/root" \
        "${MIRROR:-http://deb.debian.org/debian}" >"$work/log" || { tail "$work/log" >&2; exit 1; }
    touch "$base/made"
fi
cp -a "$base/root" "$work/root"
cp "$former" "$work/root/former.deb"
cp "$new" "$work/root/new.deb"

cat >"$work/root/story.sh" <<'STORY'
set -euo pipefail
say() { printf '%-10s %s\n' "$1" "$2"; }
fail() { say "FAILED" "$1"; exit 1; }
contrefeu=/opt/contrefeu/bin/contrefeu
export CONTREFEU_HOME=/var/lib/contrefeu/home DEBIAN_FRONTEND=noninteractive

everything() { find / -xdev \( -path /proc -o -path /tmp -o -path /var/log -o -path /var/cache \) -prune -o -print | sort; }
install() { dpkg -i "$1" >/tmp/dpkg 2>&1 || { cat /tmp/dpkg; fail "$1 is not installed"; }; }
version() { readlink /opt/contrefeu/current; }
doctor() { # 10: there are findings; an older version knows no doctor
    "$contrefeu" doctor --help >/dev/null 2>&1 || return 0
    "$contrefeu" doctor >/tmp/doctor || [ $? -eq 10 ] || { cat /tmp/doctor; fail doctor; }
}
served() { # a node is started, takes a message, shows so many patients, and stops: NUMBER
    rm -f /tmp/ready  # what the last one said
    "$contrefeu" up --mllp 127.0.0.1:2575 --web 127.0.0.1:8443 >/tmp/ready 2>/tmp/log &
    local node=$!
    for _ in $(seq 900); do [ -s /tmp/ready ] || sleep 0.2; done
    [ -s /tmp/ready ] || { cat /tmp/log; fail "the node does not start"; }
    python3 - "$1" <<'SEND'
import socket, sys
number = sys.argv[1]
text = f"MSH|^~\\&|ADT|CHU|X|X|20310302041158||ADT^A01|DEB-{number}|P|2.5\rPID|||{number}^^^CHU||DRILL^ANNE||19600101|F\rPV1||I|CARD^1^{number}\r"
with socket.create_connection(("127.0.0.1", 2575), 30) as feed:
    feed.sendall(b"\x0b" + text.encode() + b"\x1c\r")
    assert b"MSA|AA" in feed.recv(4096)
SEND
    local shown=0
    for _ in $(seq 300); do
        shown=$("$contrefeu" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["charts"]["patients"])' || true)
        [ "$shown" != "$1" ] || break
        sleep 0.2
    done
    [ "$shown" = "$1" ] || fail "$shown patients are shown, not $1"
    kill -TERM "$node"
    wait "$node" || fail "the node does not stop as it should"
    "$contrefeu" journal verify >/tmp/verify || { cat /tmp/verify; fail "the journal is not whole"; }
    doctor
}

everything >/tmp/before
install former.deb
say installed "$(version), users $(getent passwd | grep -c ^contrefeu-)"
systemd-analyze verify --man=no /lib/systemd/system/contrefeu*.service /lib/systemd/system/contrefeu*.timer 2>/tmp/units || true
! grep contrefeu /tmp/units || fail "a service is not as systemd has it"
"$contrefeu" init --drill --facility "Hôpital Saint-Exemple" >/dev/null
served 1
say used "a home, a message, a chart, a journal that is whole, doctor too"

before=$(version)
chmod 000 /usr/lib/python3*/ensurepip && mv /usr/lib/python3*/ensurepip /tmp/kept  # a Python that makes no environment
if dpkg -i new.deb >/tmp/dpkg 2>&1; then fail "what cannot be installed is"; fi
mv /tmp/kept "$(dirname /usr/lib/python3*/os.py)/ensurepip" && chmod 755 /usr/lib/python3*/ensurepip
[ "$(version)" = "$before" ] || fail "a version that failed is in use"
say refused "a version that could not be installed: $(version) is still in use"

install new.deb
after=$(version)
[ "$after" != "$before" ] || fail "the new version is not in use"
served 2
say upgraded "$(version): the chart from before, and one more; doctor: $(tail -1 /tmp/doctor)"
install former.deb
[ "$(version)" = "$before" ] || fail "the former version is not in use"
served 3
say "put back" "$(version): both charts, and one more"
ln -sfn "$after" /opt/contrefeu/current
served 4
say "by a link" "$(version): as docs/howto/install.md has it"

dpkg -r contrefeu >/tmp/dpkg 2>&1 || { cat /tmp/dpkg; fail "it is not removed"; }
left() { everything | comm -13 /tmp/before - | grep -v "^/var/lib/dpkg/\|^/var/lib/contrefeu/"; }
say removed "left: $(left | tr '\n' ' ')"
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/contrefeu.service /etc/systemd/system/multi-user.target.wants/
dpkg -P contrefeu >/tmp/dpkg 2>&1 || { cat /tmp/dpkg; fail "it is not purged"; }
[ "$(left | grep -v '/\(passwd\|group\|shadow\|gshadow\)-$\|^/etc/systemd/system/multi-user.target.wants$')" = /var/lib/contrefeu ] ||
    fail "left: $(left | tr '\n' ' ')"
[ "$(find "$CONTREFEU_HOME/journals" -type f | wc -l)" -gt 0 ] || fail "the home is gone"
say purged "left: the home, with its journals and keys, and $(getent passwd | grep -c ^contrefeu-) users"
STORY
unshare --net --pid --fork --mount --mount-proc="$work/root/proc" sh -c '
    ip link set lo up
    mount --bind /dev "$1/dev" && mount -t tmpfs none "$1/tmp" && mount -t tmpfs none "$1/run"
    exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash /story.sh
' sh "$work/root"
