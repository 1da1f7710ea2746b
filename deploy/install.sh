#!/bin/sh
# Installs Contrefeu from the folder that this file lies in, without a network.
#
#   install.sh --signers FILE [--prefix DIR] [--services]     the signature is checked by the keys in FILE
#   install.sh --unsigned     [--prefix DIR] [--services]     only damage is found, no forgery
#
# Each version has a folder of its own under DIR (/opt/contrefeu); DIR/bin leads to the last one installed. To go back:
#   ln -sfn OLD-VERSION /opt/contrefeu/current && systemctl restart contrefeu
# No home is touched. A step that fails leaves the version that was in use in use.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=/opt/contrefeu signers='' unsigned='' services=''

stop() { # what, next
    printf 'install: %s\n  safe  Nothing that was installed before was changed.\n  next  %s\n' "$1" "$2" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case "$1" in
    --signers)
        [ $# -gt 1 ] && [ -f "$2" ] || stop "--signers needs a file that is there" "Name the one with the makers' keys."
        signers=$(realpath "$2")
        shift
        ;;
    --prefix) [ $# -gt 1 ] || stop "--prefix needs a folder" "Name it."; prefix=$2; shift ;;
    --unsigned) unsigned=yes ;;
    --services) services=yes ;;
    *) stop "unknown: $1" "sed -n 2,12p $0 says what there is." ;;
    esac
    shift
done

cd "$here"
if [ -n "$signers" ]; then
    [ -f SHA256SUMS.sig ] || stop "SHA256SUMS.sig is missing: nobody signed this" "Get the whole bundle again."
    ssh-keygen -Y verify -f "$signers" -I release@contrefeu -n contrefeu-bundle -s SHA256SUMS.sig <SHA256SUMS >&2 ||
        stop "the signature is not by a key in $signers" "Do not install it; get it again, and the keys by another way."
elif [ -z "$unsigned" ]; then
    stop "who made this was not checked" "Give --signers FILE (docs/howto/install.md), or --unsigned if you know."
fi
sha256sum --check --strict --quiet SHA256SUMS >&2 || stop "a file is not as it was made" "Get the whole bundle again."
# Files that the list does not name would be installed unseen.
named=$(sed 's/^[0-9a-f]* [ *]//' SHA256SUMS | sort)
there=$(find . -type f ! -name 'SHA256SUMS*' | sed 's|^\./||' | sort)
[ "$named" = "$there" ] || stop "there are files that SHA256SUMS does not name" "Get the whole bundle again."

version=$(cat VERSION)
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "there is no Python 3.11 or later with venv" "Install it: apt-get install python3 python3-venv."
new="$prefix/$version"
mkdir -p "$prefix"
rm -rf "$new.part"
python3 -m venv "$new.part" || stop "no virtual environment could be made in $prefix" "The lines above say why."
pip="$new.part/bin/python -m pip --isolated --no-cache-dir --disable-pip-version-check install --quiet --no-index"
$pip -f wheels --require-hashes --only-binary :all: -r requirements.lock ||
    { rm -rf "$new.part"; stop "not all wheels fit this machine and its Python" "cat PYTHONS says for which they are."; }
$pip --no-deps wheels/contrefeu-*.whl
# Scripts name the folder they were made in: they are given the one they will be in.
grep -rlIF "$new.part" "$new.part/bin" "$new.part/pyvenv.cfg" | xargs sed -i "s|$new.part|$new|g"
rm -rf "$new"
mv "$new.part" "$new"
ln -sfn "$version" "$prefix/current"
ln -sfn current/bin "$prefix/bin"

if [ -n "$services" ]; then
    mkdir -p /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d
    cp deploy/systemd/* /etc/systemd/system/
    cp deploy/sysusers.d/* /etc/sysusers.d/
    cp deploy/tmpfiles.d/* /etc/tmpfiles.d/
    systemd-sysusers && systemd-tmpfiles --create contrefeu.conf && systemctl daemon-reload
fi
printf 'Contrefeu %s installed: %s/bin/contrefeu\n' "$version" "$prefix"
