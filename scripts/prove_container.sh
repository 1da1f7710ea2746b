#!/usr/bin/env bash
# The container without a registry: its base is a clean system that debootstrap makes. Built, a home made, fed, stopped.
#   scripts/prove_container.sh BUNDLE.tar.gz        as root, with buildah and debootstrap
#   BASE=DIR      the clean system that scripts/prove_deb.sh keeps
#
# What is proved: the Containerfile builds; the program runs as a user that is not root, and what belongs to it is the home
# alone; a node starts in it, takes a message and stops. Not proved: limits that podman sets (--read-only, --cap-drop).
set -euo pipefail
bundle=$(realpath "$1") base=${BASE:-/var/cache/contrefeu-prove-deb}
[ -e "$base/made" ] || { echo "there is no clean system in $base: scripts/prove_deb.sh makes it" >&2; exit 1; }
work=$(mktemp -d)
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$work/store" --runroot "$work/run" "$@"; }
trap 'buildah rm --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

clean=$(buildah from scratch)
buildah add --quiet "$clean" "$base/root" / >/dev/null
buildah commit --quiet "$clean" localhost/debian >/dev/null
buildah rm "$clean" >/dev/null
mkdir "$work/bundle" && tar -xzf "$bundle" -C "$work/bundle" --strip-components=1
buildah build --quiet --pull-never --build-arg BASE=localhost/debian -f "$work/bundle/deploy/Containerfile" -t contrefeu "$work/bundle" >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2; exit 1; }
made=$(buildah from --pull-never contrefeu)
inside() { buildah run "$made" -- "$@"; }
echo "user      $(inside id -un)"
echo "writable  $(inside find / -xdev -writable -not -type l \( -path /proc -o -path /dev -o -path /sys \) -prune -o -writable -not -type l -print | tr '\n' ' ')"
inside /opt/contrefeu/bin/contrefeu init --drill --facility "Hôpital Saint-Exemple" >/dev/null
inside bash -c '
    set -euo pipefail
    /opt/contrefeu/bin/contrefeu up --mllp 127.0.0.1:2575 --web 127.0.0.1:8443 >/tmp/ready 2>/tmp/log &
    node=$!
    for _ in $(seq 900); do [ -s /tmp/ready ] || sleep 0.2; done
    [ -s /tmp/ready ] || { cat /tmp/log; exit 1; }
    python3 -c "
import socket
text = \"MSH|^~\\\\&|ADT|CHU|X|X|20310302041158||ADT^A01|BOX-1|P|2.5\rPID|||1^^^CHU||DRILL^ANNE||19600101|F\rPV1||I|CARD^1^1\r\"
with socket.create_connection((\"127.0.0.1\", 2575), 30) as feed:
    feed.sendall(b\"\x0b\" + text.encode() + b\"\x1c\r\")
    print(\"fed      \", feed.recv(4096).split(b\"\r\")[1].decode())
"
    kill -TERM $node && wait $node
    /opt/contrefeu/bin/contrefeu journal verify'
