#!/usr/bin/env bash
# An Apache Spark cluster of two worker processes on this machine, for tests and trials: pyspark's own, on 127.0.0.1 alone.
#
#   spark_cluster.sh start DIR [WORKERS]   starts a master and its workers (2), a core and 1 GiB each; says the master's address
#   spark_cluster.sh stop DIR              ends them, and nothing else
#
# Never for real charts: whoever is on this machine may give it work.
set -euo pipefail
what=${1:?start or stop} dir=$(realpath -m "${2:?a folder}") workers=${3:-2}
python=${PYTHON:-python3}

if [ "$what" = stop ]; then
    for file in "$dir"/*.pid; do
        [ -e "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
    exit 0
fi

SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))') \
    || { echo 'spark_cluster.sh: pyspark is not installed: pip install "contrefeu[spark]"' >&2; exit 1; }
export SPARK_HOME SPARK_LOCAL_IP=127.0.0.1 SPARK_DAEMON_MEMORY=256m
mkdir -p "$dir"
chmod 700 "$dir"

run() { # NAME CLASS ARGUMENTS
    local name=$1
    shift
    nohup "$SPARK_HOME/bin/spark-class" "$@" >"$dir/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/$name.pid"
}

said() { # FILE WORDS: waits until a log says so
    for _ in $(seq 600); do
        grep -qs -- "$2" "$dir/$1.log" && return
        kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null || break
        sleep 0.2
    done
    echo "spark_cluster.sh: $1 does not start; see $dir/$1.log" >&2
    "$0" stop "$dir"
    exit 1
}

run master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 0 --webui-port 0
said master "Starting Spark master at"
master=$(grep -o 'spark://[0-9.:]*' "$dir/master.log" | head -1)
for n in $(seq "$workers"); do
    run "worker$n" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g --webui-port 0 \
        --work-dir "$dir/work$n" "$master"
done
for n in $(seq "$workers"); do said "worker$n" "Successfully registered with master"; done
echo "$master"
