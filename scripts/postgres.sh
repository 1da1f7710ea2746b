#!/usr/bin/env bash
# A real PostgreSQL for tests and benchmarks: Debian's, with its own settings, in one folder, on a local socket alone.
#
#   postgres.sh start DIR     starts it; its address is postgresql://postgres@/postgres?host=DIR
#   postgres.sh stop DIR      ends it, and nothing else
#
# Never for real charts: whoever is on this machine may enter.
set -euo pipefail
what=${1:?start or stop} dir=$(realpath -m "${2:?a folder}")

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "postgres.sh: postgresql is not installed: scripts/install-system.sh brings it" >&2; exit 1; }

as=()
[ "$(id -u)" -ne 0 ] || as=(runuser -u postgres --) # the server refuses to run as root
control=("${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s -w)

if [ "$what" = stop ]; then
    exec "${control[@]}" -m immediate stop
fi

mkdir -p "$dir"
[ "$(id -u)" -ne 0 ] || chown postgres "$dir" # the folders above it must let others through
"${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 >/dev/null
# No port: whatever else listens on this machine is left alone.
"${control[@]}" -l "$dir/log" -o "-k $dir -c listen_addresses=" start
