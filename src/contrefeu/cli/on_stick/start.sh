#!/bin/sh
# Démarre un poste de cet hôpital depuis cette clé, en mémoire : aucun disque de ce PC n'est écrit (LISEZMOI.txt).
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

say() { # français, English: each on a line of its own
    printf '%s\n%s\n' "$1" "$2"
}
stop() { # quoi, what, puis, next
    printf '%s\n  puis  %s\n%s\n  next  %s\n' "$1" "$3" "$2" "$4" >&2
    exit 1
}

if [ "${1:-}" = exchange ]; then
    [ -d "${2:-}" ] || stop "Il manque le dossier de l'autre clé." "The folder of the other stick is missing." \
        "sh start.sh exchange /dossier/de/l/autre/cle" "sh start.sh exchange /folder/of/the/other/stick"
    # What this stick itself ends with is no reason to leave the other: after a power cut it has more than the station (12).
    "$contrefeu" --home "$memory/home" journal exchange "$here" ||
        { status=$? && [ "$status" -ge 10 ] && [ "$status" -le 13 ]; } || exit "$status"
    exec "$contrefeu" --home "$memory/home" journal exchange "$2"
fi
case "$(stat -f -c %T "$place")" in
tmpfs | ramfs) ;;
*) stop "$place n'est pas de la mémoire mais un disque : rien n'a été écrit." "$place is no memory but a disk: nothing was written." \
    "CONTREFEU_MEMORY=/un/tmpfs sh start.sh" "CONTREFEU_MEMORY=/a/tmpfs sh start.sh" ;;
esac
[ ! -e "$memory" ] ||
    stop "$memory existe : un poste tourne, ou a tourné, sur ce PC." "$memory is there: a station runs, or ran, on this PC." \
        "rm -r $memory, quand rien n'en est plus utile" "rm -r $memory, once nothing of it is needed"
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "Ce PC n'a pas Python 3.11 ou plus récent, avec venv." "This PC has no Python 3.11 or later with venv." \
        "Prenez un autre PC, ou un système « live » qui l'a." "Take another PC, or a live system that has it."
umask 077
trap 'rm -rf "$memory" && exit 130' INT TERM  # nothing was done at it yet
mkdir -p "$memory/tmp"
say "Le programme est vérifié et mis en mémoire : une minute environ." "The program is checked and put in memory: a minute or so."
sh "$here/program/install.sh" --signers "$here/signers" --prefix "$memory/program" >"$memory/tmp/install" 2>&1 || {
    cat "$memory/tmp/install" >&2
    rm -rf "$memory"
    stop "Le programme de cette clé ne s'installe pas ici : rien n'est resté sur ce PC." \
        "The program of this stick does not install here: nothing is left on this PC." \
        "Les lignes au-dessus disent pourquoi ; prenez un autre PC, ou une autre clé." \
        "The lines above say why; take another PC, or another stick."
}
# A code that was mistyped is asked for again; one in a file is not. What it says to type next is done below.
until "$contrefeu" stick open "$here" --to "$memory/home" ${CONTREFEU_CODE_FILE:+--code-file "$CONTREFEU_CODE_FILE"} >/dev/null; do
    [ -t 0 ] && [ -z "${CONTREFEU_CODE_FILE:-}" ] || { rm -rf "$memory" && exit 1; }
    say "Tapez le code de nouveau, ou Ctrl-C." "Type the code again, or Ctrl-C."
done

# What the station writes is on the stick a second later; a PC that was cut off goes on in a journal of its own.
"$contrefeu" --home "$memory/home" vault add "file://$here/contrefeu-vault" >/dev/null
"$contrefeu" --home "$memory/home" vault repair >"$memory/tmp/repair" 2>&1 || true

give() { # journals for other stations; whether it could be done
    "$contrefeu" --home "$memory/home" journal exchange "$here" >"$memory/tmp/exchange" 2>&1 && return 0
    status=$?
    cat "$memory/tmp/exchange" >&2
    [ "$status" -ge 10 ] && [ "$status" -le 13 ]
}
"$contrefeu" --home "$memory/home" up --web "${CONTREFEU_WEB:-0.0.0.0:8443}" "$@" >"$memory/tmp/ready" 2>"$memory/tmp/log" &
node=$!
leave() {
    trap '' INT TERM
    say "Le poste s'arrête : ne retirez pas la clé." "The station ends: leave the stick in."
    rm -f "$memory/tmp/ready" # no other stick is begun with; one that is being exchanged with on a boot stick is waited for
    while kill -0 "$(cat "$memory/carrying" 2>/dev/null)" 2>/dev/null; do sleep 1; done
    kill -TERM "$node" 2>/dev/null || true
    wait "$node" || tail -20 "$memory/tmp/log" >&2
    if ! give; then
        stop "La clé ne prend pas ce qui a été fait, qui est gardé en mémoire : n'éteignez pas ce PC." \
            "The stick does not take what was done, which is kept in memory: do not switch this PC off." \
            "Remettez la clé, puis : $contrefeu --home $memory/home journal exchange DOSSIER" \
            "Put the stick back, then: $contrefeu --home $memory/home journal exchange DIR"
    fi
    # What giving wrote of itself, too: from where the vault ends another journal is begun the next time, and none is written twice.
    "$contrefeu" --home "$memory/home" vault copy >/dev/null 2>&1 || true
    rm -rf "$memory"
    say "Ce qui a été fait est sur la clé ; rien n'en reste sur ce PC." "What was done is on the stick; nothing of it is left on this PC."
    exit 0
}
trap leave INT TERM
while kill -0 "$node" 2>/dev/null && [ ! -s "$memory/tmp/ready" ]; do sleep 1; done
[ ! -s "$memory/tmp/ready" ] ||
    say "Le poste est prêt : https://localhost:8443 sur ce PC. Laissez la clé ; pour finir, Ctrl-C." \
        "The station is ready: https://localhost:8443 on this PC. Leave the stick in; to end, Ctrl-C."
while kill -0 "$node" 2>/dev/null; do
    for _ in $(seq "${CONTREFEU_GIVE_S:-60}"); do
        sleep 1
        kill -0 "$node" 2>/dev/null || break
    done
    give || true
done
leave
