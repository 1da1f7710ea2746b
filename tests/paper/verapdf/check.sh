#!/usr/bin/env bash
# Check files against PDF/UA-1 with veraPDF (from Maven Central; Java 17 and Maven; some 30 MB once):
#
#     tests/paper/verapdf/check.sh FOLDER FILE.pdf...    # FOLDER keeps veraPDF; a line a file, PASS or FAIL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: check.sh FOLDER FILE.pdf...}
shift
mkdir -p "$folder"
[ -d "$folder/lib" ] || mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib"
java -Xmx512m -cp "$folder/lib/*" org.verapdf.apps.GreenfieldCliWrapper --flavour ua1 --format text -v "$@"
