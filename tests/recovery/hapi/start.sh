#!/usr/bin/env bash
# Receivers that we did not write (HAPI FHIR and HAPI HL7 v2, from Maven Central; Java 17 and Maven; some 350 MB once):
#
#     tests/recovery/hapi/start.sh FhirTarget /tmp/hapi    # a FHIR R4 server, its database in memory; minutes to start
#     CONTREFEU_FHIR=http://127.0.0.1:PORT/fhir pytest tests/cli/test_recovery_fhir.py -k lacks
#
#     tests/recovery/hapi/start.sh Hl7Target /tmp/hapi     # an MLLP listener that validates what it reads
#     CONTREFEU_MLLP=127.0.0.1:PORT pytest tests/mapping/test_to_hl7.py tests/recovery/test_acts_as_messages.py -k did_not_write
#
# Each says "PORT n" once it answers, and runs until it is stopped; what it holds ends with it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${1:?usage: start.sh FhirTarget|Hl7Target FOLDER}
folder=${2:?usage: start.sh FhirTarget|Hl7Target FOLDER}
mkdir -p "$folder/classes"
[ -d "$folder/lib" ] || mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib"
javac -cp "$folder/lib/*" -d "$folder/classes" "$here/$target.java"
cd "$folder"
java -Xmx1g -cp "classes:lib/*" "$target" 2> "$folder/errors.log" | grep --line-buffered '^PORT '
