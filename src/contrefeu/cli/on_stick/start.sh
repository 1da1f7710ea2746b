#!/bin/sh
# Starts a station of this hospital from this stick, in memory: no disk of this PC is written.
#
#   sh start.sh [OPTION...]      until Ctrl-C; options are those of `contrefeu up`, such as --mllp 0.0.0.0:2575
#   sh start.sh exchange DIR     meanwhile, in another window: gives and takes journals through another stick
#
# It needs a Linux with Python 3.11 or later (venv), and memory for the program (1 GB) and twice the sealed home.
# Whoever could write on this stick could change this file too: `contrefeu stick verify` on a node says whether it is whole.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=${CONTREFEU_MEMORY:-/dev/shm}
memory="$place/contrefeu-$(id -u)"
contrefeu="$memory/program/bin/contrefeu"
export HOME="$memory" TMPDIR="$memory/tmp" PYTHONDONTWRITEBYTECODE=1

if [ "${1:-}" = exchange ]; then
    "$contrefeu" --home "$memory/home" journal exchange "$here"
    exec "$contrefeu" --home "$memory/home" journal exchange "${2:?the folder of the other stick}"
fi
case "$(stat -f -c %T "$place")" in
tmpfs | ramfs) ;;
*) printf 'start: %s is no memory but a disk: nothing was written.\n  next  CONTREFEU_MEMORY=/a/tmpfs sh start.sh\n' "$place" >&2 && exit 1 ;;
esac
if [ -e "$memory" ]; then
    printf 'start: %s is there: a station runs, or ran, on this PC.\n  next  rm -r %s, once nothing of it is needed\n' "$memory" "$memory" >&2
    exit 1
fi
umask 077
mkdir -p "$memory/tmp"
sh "$here/program/install.sh" --signers "$here/signers" --prefix "$memory/program"
if [ -n "${CONTREFEU_CODE_FILE:-}" ]; then
    "$contrefeu" stick open "$here" --to "$memory/home" --code-file "$CONTREFEU_CODE_FILE"
else
    "$contrefeu" stick open "$here" --to "$memory/home"
fi

# What the station writes is on the stick a second later; a PC that was cut off goes on in a journal of its own.
"$contrefeu" --home "$memory/home" vault add "file://$here/contrefeu-vault" >/dev/null
"$contrefeu" --home "$memory/home" vault repair >"$memory/tmp/repair" 2>&1 || true

give() { # journals for other stations; whether it could be done
    "$contrefeu" --home "$memory/home" journal exchange "$here" >"$memory/tmp/exchange" 2>&1 && return 0
    status=$?
    cat "$memory/tmp/exchange" >&2
    [ "$status" -ge 10 ] && [ "$status" -le 13 ]
}
"$contrefeu" --home "$memory/home" up --web "${CONTREFEU_WEB:-0.0.0.0:8443}" "$@" &
node=$!
leave() {
    trap '' INT TERM
    kill -TERM "$node" 2>/dev/null || true
    wait "$node" || true
    if ! give; then
        printf 'start: the stick does not take what was done.\n  safe  It is kept in memory: do not switch this PC off.\n' >&2
        printf '  next  Put the stick back, then: %s --home %s/home journal exchange DIR\n' "$contrefeu" "$memory" >&2
        exit 1
    fi
    rm -rf "$memory"
    echo 'start: what was done is on the stick; nothing of it is left on this PC.'
    exit 0
}
trap leave INT TERM
while kill -0 "$node" 2>/dev/null; do
    for _ in $(seq "${CONTREFEU_GIVE_S:-60}"); do
        sleep 1
        kill -0 "$node" 2>/dev/null || break
    done
    give || true
done
leave
