#!/usr/bin/env bash
# What the benchmarks compare Contrefeu with: other MLLP receivers (pinned: requirements.txt, package-lock.json),
# PostgreSQL, restic and borg (Debian's). Nothing of it is needed to run or test Contrefeu; what cannot be installed
# here is named, and its rows say "not installed".
set -uo pipefail
cd "$(dirname "$0")"

missing() { echo "bench/peers: left out: $1" >&2; }

lacking=()
command -v restic >/dev/null || lacking+=(restic)
command -v borg >/dev/null || lacking+=(borgbackup)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || lacking+=(postgresql)
if [ "${#lacking[@]}" -gt 0 ]; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update >/dev/null 2>&1
        for package in "${lacking[@]}"; do
            apt-get -qq install --yes --no-install-recommends "$package" >/dev/null 2>&1 || missing "$package"
        done
    else
        missing "${lacking[*]} (install them with your system's package manager)"
    fi
fi

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements.txt || missing "python-hl7, hl7apy, asyncpg, WeasyPrint and ReportLab"

if command -v npm >/dev/null; then
    npm ci --silent --no-audit --no-fund --ignore-scripts || missing "@medplum/hl7 and simple-hl7"
else
    missing "@medplum/hl7 and simple-hl7 (they need Node 20 and npm)"
fi
exit 0
