#!/usr/bin/env bash
# Writes SHA256SUMS of every file in FOLDER and, with SIGNING_KEY (an SSH key), its signature: SHA256SUMS.sig.
set -euo pipefail
cd "$1"
rm -f SHA256SUMS SHA256SUMS.sig
find . -type f ! -name 'SHA256SUMS*' ! -name .sums -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum >.sums
mv .sums SHA256SUMS
if [ -n "${SIGNING_KEY:-}" ]; then
    ssh-keygen -q -Y sign -f "$SIGNING_KEY" -n contrefeu-bundle SHA256SUMS
else
    echo "sign_bundle: no SIGNING_KEY: nobody vouches for this bundle, and installing it needs --unsigned" >&2
fi
