#!/usr/bin/env bash
# A bundle on a machine without internet, as a user who is nobody: installed, a home made, started, fed, stopped, drilled.
#   scripts/prove_offline.sh BUNDLE.tar.gz SIGNERS        as root, for a network name space of its own
set -euo pipefail
bundle=$(realpath "$1") signers=$(realpath "$2")
python=${PYTHON:-/usr/bin/python3}  # the system's: not one of whoever runs this
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$bundle" "$work/bundle.tar.gz"
cp "$signers" "$work/signers"
ln -s "$python" "$work/python3"
chmod -R a+rX "$work" && chown nobody "$work"

cat >"$work/story.sh" <<'END'
set -euo pipefail
cd "$HOME"
say() { printf '%s: %s\n' "$1" "$2"; }
python3 -c 'import socket; socket.create_connection(("9.9.9.9", 53), 3)' 2>/dev/null && { say network "there is one"; exit 1; }
say network "none; user $(id -un), $(python3 --version)"
mkdir unpacked && tar -xzf bundle.tar.gz -C unpacked --strip-components=1
if sh unpacked/install.sh --prefix "$HOME/opt" 2>/dev/null; then say installed "unasked who made it"; exit 1; fi
sh unpacked/install.sh --signers signers --prefix "$HOME/opt"
contrefeu="$HOME/opt/bin/contrefeu"
export CONTREFEU_HOME="$HOME/home"
"$contrefeu" init --drill --facility "Hôpital Saint-Exemple" --json | python3 -c 'import json,sys; print("init:", json.load(sys.stdin)["node"])'
"$contrefeu" up --mllp 127.0.0.1:2575 --web 127.0.0.1:8443 >ready 2>log &
node=$!
for _ in $(seq 600); do [ -s ready ] && break; sleep 0.2; done
[ -s ready ] || { cat log; exit 1; }
python3 - <<'SEND'
import socket, ssl, urllib.request
text = "MSH|^~\\&|ADT|CHU|X|X|20310302041158||ADT^A01|OFFLINE-1|P|2.5\rPID|||1^^^CHU||DRILL^ANNE||19600101|F\rPV1||I|CARD^1^1\r"
with socket.create_connection(("127.0.0.1", 2575), 10) as feed:
    feed.sendall(b"\x0b" + text.encode() + b"\x1c\r")
    print("fed:", feed.recv(4096).split(b"\r")[1].decode())
trust = ssl.create_default_context(cafile="home/ca/ca.pem")
print("app:", urllib.request.urlopen("https://localhost:8443/healthz", context=trust, timeout=20).status)
SEND
"$contrefeu" status --json | python3 -c 'import json,sys; told = json.load(sys.stdin); print("status:", told["running"], told["charts"]["patients"], "patient")'
"$contrefeu" doctor >doctor || [ $? -eq 10 ]
say doctor "$(tail -1 doctor)"
kill -TERM "$node" && wait "$node"
"$contrefeu" journal verify
"$contrefeu" drill --patients "${PATIENTS:-8}" --attack ransomware --seed 1 --json >drill.json || [ $? -eq 10 ]
python3 -c 'import json; told = json.load(open("drill.json")); print("drill:", sum(p["held"] for p in told["promises"]), "of", len(told["promises"]), "promises held")'
END
unshare --net sh -c 'ip link set lo up && exec "$@"' sh \
    setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs \
    env -i HOME="$work" PATH="$work:/usr/bin:/bin" LANG=C.UTF-8 PATIENTS="${PATIENTS:-8}" bash "$work/story.sh"
