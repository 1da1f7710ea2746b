#!/usr/bin/env bash
# Makes the Debian package from a bundle (make_bundle.sh): its wheels become a virtual environment in /opt/contrefeu when it
# is installed, without a network.   scripts/make_deb.sh BUNDLE.tar.gz [FOLDER]
set -euo pipefail
umask 022  # what is installed is for every user to read, whoever makes it
bundle=$(realpath "$1")
out=$(mkdir -p "${2:-dist}" && cd "${2:-dist}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root="$work/root"
mkdir -p "$root/DEBIAN" "$root/opt/contrefeu/bundle" "$root/lib/systemd/system" "$root/usr/lib"
tar -xzf "$bundle" -C "$root/opt/contrefeu/bundle" --strip-components=1
unpacked="$root/opt/contrefeu/bundle"
cp "$unpacked"/deploy/systemd/* "$root/lib/systemd/system/"
cp -r "$unpacked/deploy/sysusers.d" "$unpacked/deploy/tmpfiles.d" "$root/usr/lib/"
read -r version <"$unpacked/VERSION"
ordered=$(sed -E 's/\.?(dev|a|b|rc)([0-9])/~\1\2/' <<<"$version")  # what comes before a release sorts before it
read -r first _ <"$unpacked/PYTHONS"
last=$(tr ' ' '\n' <"$unpacked/PYTHONS" | tail -1)

cat >"$root/DEBIAN/control" <<END
Package: contrefeu
Version: $ordered
Architecture: $(dpkg --print-architecture)
Maintainer: Contrefeu <security@contrefeu.example>
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: python3 (>= $first), python3 (<< ${last%.*}.$((${last#*.} + 1))), python3-venv, systemd (>= 250)
Section: net
Priority: optional
Description: keeps a hospital caring for its patients while its IT is down
 A sealed journal of what the hospital's systems say, charts for the wards from
 it, copies that an intruder cannot empty, and the way back after an attack.
END
cat >"$root/DEBIAN/postinst" <<'END'
#!/bin/sh
# dpkg has checked where this came from; the bundle is checked for damage once more.
set -e
[ "$1" = configure ] || exit 0
sh /opt/contrefeu/bundle/install.sh --unsigned --prefix /opt/contrefeu
systemd-sysusers contrefeu.conf  # in an image that is being made, too
systemd-tmpfiles --create contrefeu.conf
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    # A node that ran goes on with the new version; one that did not is started by whoever makes its home.
    systemctl try-restart contrefeu.service || true
fi
END
cat >"$root/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
[ ! -d /run/systemd/system ] || systemctl stop contrefeu.service || true
END
cat >"$root/DEBIAN/postrm" <<'END'
#!/bin/sh
# The program goes; the home in /var/lib/contrefeu, its keys and journals, never does, nor do the users that it belongs to.
set -e
case "$1" in remove | purge)
    rm -rf /opt/contrefeu/current /opt/contrefeu/bin /opt/contrefeu/[0-9]*
    rmdir /opt/contrefeu 2>/dev/null || true ;;
esac
[ "$1" != purge ] || rm -f /etc/systemd/system/*.wants/contrefeu*  # that it was to start with the machine
[ ! -d /run/systemd/system ] || systemctl daemon-reload || true
END
chmod 755 "$root"/DEBIAN/{postinst,prerm,postrm}
deb="$out/contrefeu_${ordered}_$(dpkg --print-architecture).deb"
dpkg-deb --root-owner-group -Zgzip --build "$root" "$deb" >/dev/null
echo "$deb"
