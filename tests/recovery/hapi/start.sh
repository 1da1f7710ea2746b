#!/usr/bin/env bash
# A real FHIR R4 server (HAPI FHIR, from Maven Central) with a database in memory, for tests/cli/test_recovery_fhir.py:
#
#     tests/recovery/hapi/start.sh /tmp/hapi        # Java 17 and Maven; some 350 MB once, minutes to start
#     CONTREFEU_FHIR=http://127.0.0.1:PORT/fhir pytest tests/cli/test_recovery_fhir.py -k lacks
#
# It says "PORT n" once it answers, and runs until it is stopped; what it holds ends with it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: start.sh FOLDER}
mkdir -p "$folder/classes"
[ -d "$folder/lib" ] || mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib"
javac -cp "$folder/lib/*" -d "$folder/classes" "$here/FhirTarget.java"
cd "$folder"
exec java -Xmx1g -cp "classes:lib/*" FhirTarget 2> "$folder/errors.log" | grep --line-buffered '^PORT '
