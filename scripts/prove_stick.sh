#!/usr/bin/env bash
# Two crisis sticks, started in memory on a machine whose disks cannot be written and that has no network: both show the
# hospital's patient; what one is fed is carried to the other by stick; both end, and leave nothing in memory.
#   scripts/prove_stick.sh BUNDLE.tar.gz SIGNERS        as root, for name spaces of its own
set -euo pipefail
bundle=$(realpath "$1") signers=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/unpacked" && tar -xzf "$bundle" -C "$work/unpacked" --strip-components=1
sh "$work/unpacked/install.sh" --signers "$signers" --prefix "$work/opt"
contrefeu="$work/opt/bin/contrefeu"
export CONTREFEU_HOME="$work/hospital" LANG=C.UTF-8
"$contrefeu" init --drill --facility "Hôpital Saint-Exemple" --json >/dev/null
message() { printf 'MSH|^~\\&|ADT|CHU|X|X|20310302041158||ADT^A01|%s|T|2.5\rPID|||%s^^^CHU||%s||19600101|F\rPV1||I|CARD^^%s\r' "$@"; }
message M-1 1 'EXEMPLE^ANNE' 1 >"$work/one.hl7"
"$contrefeu" import "$work/one.hl7" >/dev/null
mkdir "$work/stick1" "$work/stick2"
"$contrefeu" stick make "$work/stick1" "$work/stick2" --bundle "$bundle" --signers "$signers" --json >"$work/made.json"
for n in 1 2; do
    python3 -c "import json,sys; print(json.load(open('$work/made.json'))['sticks'][$n-1]['code'])" >"$work/code$n"
    "$contrefeu" stick verify "$work/stick$n"
done
mv "$work/hospital" "$work/hospital-is-gone"
message M-2 2 'TARD^EVE' 2 >"$work/two.hl7"

cat >"$work/story.sh" <<'END'
set -euo pipefail
work=$1
say() { printf '%s: %s\n' "$1" "$2"; }
mount --make-rprivate /
mount -t tmpfs none /dev/shm
for n in 1 2; do mkdir -p "/dev/shm/stick$n" && mount --bind "$work/stick$n" "/dev/shm/stick$n"; done
cp "$work"/code? "$work"/*.hl7 /dev/shm/
# Every disk is read-only from here on, but for the two sticks.
awk '$2 !~ /^\/(proc|sys|dev)/ && $3 !~ /^(tmpfs|proc|sysfs)$/ {print $2}' /proc/mounts | while read -r at; do
    mount -o remount,bind,ro "$(printf '%b' "$at")" 2>/dev/null || true
done
touch "$work/written" 2>/dev/null && { say disk "can be written: nothing is proven"; exit 1; }
say disk "cannot be written"
start() { # number: a PC of its own memory and its own network, which leads nowhere
    mkdir -p "/dev/shm/pc$1"
    CONTREFEU_MEMORY=/dev/shm/pc$1 CONTREFEU_CODE_FILE=/dev/shm/code$1 CONTREFEU_GIVE_S=600 \
        setsid unshare --net sh -c 'ip link set lo up && exec sh "$1/start.sh"' sh "/dev/shm/stick$1" >"/dev/shm/log$1" 2>&1 &
    eval "pc$1=$!"
    for _ in $(seq 1200); do
        grep -q 'https://localhost:8443' "/dev/shm/log$1" && return
        kill -0 $! 2>/dev/null || break
        sleep 0.2
    done
    cat "/dev/shm/log$1"
    exit 1
}
on() { # number, command
    number=$1 && shift
    "/dev/shm/pc$number/contrefeu-0/program/bin/contrefeu" --home "/dev/shm/pc$number/contrefeu-0/home" "$@"
}
seen() { # number, name: the first line about them, once it is there
    for _ in $(seq 150); do on "$1" find "$2" | grep -q "$2" && break; sleep 0.2; done
    on "$1" find "$2" | grep "$2"
}
mkdir /dev/shm/pc0 && echo "not the code" >/dev/shm/code0
if CONTREFEU_MEMORY=/dev/shm/pc0 CONTREFEU_CODE_FILE=/dev/shm/code0 sh /dev/shm/stick1/start.sh >/dev/null 2>&1; then exit 1; fi
[ ! -e "/dev/shm/pc0/contrefeu-0" ]
say "a wrong code" "opens nothing, and leaves nothing in memory"
start 1
say "station 1" "$(seen 1 EXEMPLE)"
on 1 import /dev/shm/two.hl7 >/dev/null
say "station 1" "$(seen 1 TARD)"
start 2
say "station 2" "$(seen 2 EXEMPLE)"
for _ in 1 2; do
    CONTREFEU_MEMORY=/dev/shm/pc1 sh /dev/shm/stick1/start.sh exchange /dev/shm/stick2 >/dev/null
    CONTREFEU_MEMORY=/dev/shm/pc2 sh /dev/shm/stick2/start.sh exchange /dev/shm/stick1 >/dev/null
done
say "station 2" "carried by stick: $(seen 2 TARD)"
for n in 1 2; do
    eval "kill -TERM \$pc$n" && for _ in $(seq 300); do grep -q 'nothing of it is left' "/dev/shm/log$n" && break; sleep 0.2; done
    say "station $n" "$(tail -1 "/dev/shm/log$n")"
done
END
unshare --mount --net sh -c 'ip link set lo up && exec bash "$@"' sh "$work/story.sh" "$work"
