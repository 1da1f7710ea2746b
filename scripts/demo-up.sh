#!/usr/bin/env bash
# `make up`: a demo home of its own, then the node fed by a simulated hospital. Ctrl-C stops it; a second run goes on.
# All of it lies in one folder: home/, home-shares/ (the exercise's custodians), vault/. Remove the folder to begin anew.
set -euo pipefail
bin=$1 demo=$2
home=$demo/home
mkdir -p "$demo"
if [ ! -f "$home/contrefeu.toml" ]; then
    # What an interrupted first run left: shares of a key that seals nothing.
    rm -rf "$home" "$home-shares"
    "$bin/contrefeu" --home "$home" init --drill --facility "Hôpital Saint-Exemple" >/dev/null
fi
if ! grep -q '^\[\[vaults\]\]' "$home/contrefeu.toml"; then
    "$bin/contrefeu" --home "$home" vault add "file://$(realpath "$demo")/vault" >/dev/null
fi
exec "$bin/contrefeu" --home "$home" up --demo --insecure-http \
    --mllp "${DEMO_MLLP:-127.0.0.1:2575}" --web "${DEMO_WEB:-127.0.0.1:8080}"
