#!/usr/bin/env bash
# Makes the bundle for machines without internet: every wheel of the lock file, ours, the installer, services, a bill of
# materials, checksums and their signature.
#
#   SIGNING_KEY=~/.ssh/release scripts/make_bundle.sh [FOLDER]      an SSH key; its public half is told in SECURITY.md
#   PYTHONS="3.11 3.13"                                             for which Pythons; without it, the one that runs here
#
# Without SIGNING_KEY nobody vouches for the bundle, and the last line says so. This needs a network; what it makes does not.
set -euo pipefail
umask 022  # what is installed is for every user to read, whoever makes it
cd "$(dirname "$0")/.."
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)
python=${PYTHON:-python3}
version=$("$python" -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
here=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
pythons=${PYTHONS:-$here}
name="contrefeu-$version-linux-$(uname -m)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle="$work/$name"
mkdir -p "$bundle/wheels"

pip=("$python" -m pip --disable-pip-version-check)
for wanted in $pythons; do
    where=()
    if [ "$wanted" != "$here" ]; then
        where=(--python-version "$wanted")
        for tag in manylinux_2_28 manylinux_2_17 manylinux2014; do where+=(--platform "${tag}_$(uname -m)"); done
    fi
    "${pip[@]}" download --quiet --require-hashes --only-binary :all: "${where[@]}" -r requirements.lock -d "$bundle/wheels"
done
"${pip[@]}" wheel --quiet --no-deps --wheel-dir "$bundle/wheels" .

cp deploy/install.sh requirements.lock LICENSE "$bundle/"
cp -r deploy "$bundle/deploy"
mkdir "$bundle/doc"
cp docs/howto/install.md docs/howto/look-after-a-node.md docs/howto/separate-users.md "$bundle/doc/"
echo "$version" >"$bundle/VERSION"
echo "$pythons" >"$bundle/PYTHONS"
"$python" scripts/make_sbom.py "$bundle/wheels" >"$bundle/sbom.cdx.json"
scripts/sign_bundle.sh "$bundle"

# The same bytes for the same content: order, owner and times say nothing of who packed it.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@"${SOURCE_DATE_EPOCH:-0}" -C "$work" -cf - "$name" |
    gzip -n9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$out/$name.tar.gz"
