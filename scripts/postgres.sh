#!/usr/bin/env bash
# A real PostgreSQL for tests and benchmarks: Debian's, with its own settings, in one folder, on a local socket alone.
#
#   postgres.sh start DIR             starts it; its address is postgresql://postgres@/postgres?host=DIR
#   postgres.sh replica DIR OF        starts another, which follows the one in OF: a commit there waits for it
#   postgres.sh promote DIR           lets that one be written
#   postgres.sh stop DIR              ends it, and nothing else
#
# SYNC=off before it: the disk is not waited for, which a test of anything but a power cut never notices.
# Never for real charts: whoever is on this machine may enter.
set -euo pipefail
what=${1:?start, replica, promote or stop} dir=$(realpath -m "${2:?a folder}")

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "postgres.sh: postgresql is not installed: scripts/install-system.sh brings it" >&2; exit 1; }

as=()
[ "$(id -u)" -ne 0 ] || as=(runuser -u postgres --) # the server refuses to run as root
sync=${SYNC:-on} quick=()
[ "$sync" = on ] || quick=(--no-sync)
control=("${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s -w)

case "$what" in
stop) exec "${control[@]}" -m immediate stop ;;
promote) exec "${control[@]}" promote ;;
esac

mkdir -p "$dir"
[ "$(id -u)" -ne 0 ] || chown postgres "$dir" # the folders above it must let others through
if [ "$what" = replica ]; then
    of=$(realpath "${3:?the folder of the one that it follows}")
    "${as[@]}" "$bin/pg_basebackup" -D "$dir/data" -h "$of" -U postgres -R -X stream -c fast "${quick[@]}"
else
    "${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale "${quick[@]}" >/dev/null
fi
# No port: whatever else listens on this machine is left alone.
"${control[@]}" -l "$dir/log" -o "-k $dir -c listen_addresses= -c fsync=$sync" start
if [ "$what" = replica ]; then
    "${as[@]}" "$bin/psql" -q -h "$of" -U postgres -c "ALTER SYSTEM SET synchronous_standby_names = '*'" -c "SELECT pg_reload_conf()" >/dev/null
fi
