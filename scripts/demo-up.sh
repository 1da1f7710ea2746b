#!/usr/bin/env bash
# `make up`: a demo home of its own, then the node fed by a simulated hospital. Ctrl-C stops it; a second run goes on.
set -euo pipefail
bin=$1 home=$2
if [ ! -f "$home/contrefeu.toml" ]; then
    rm -rf "$home-shares"
    "$bin/contrefeu" --home "$home" init --drill --facility "Hôpital Saint-Exemple" --shares-out "$home-shares" >/dev/null
    "$bin/contrefeu" --home "$home" vault add "file://$(realpath "$(dirname "$home")")/$(basename "$home")-vault" >/dev/null
fi
exec "$bin/contrefeu" --home "$home" up --demo --insecure-http \
    --mllp "${DEMO_MLLP:-127.0.0.1:2575}" --web "${DEMO_WEB:-127.0.0.1:8080}"
