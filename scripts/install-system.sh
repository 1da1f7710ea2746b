#!/usr/bin/env bash
# What the tests need from the system: a chromium (the ward app as people see it), pdftotext (what a PDF says), a font
# with every letter, an object store that keeps what it locked, PostgreSQL (charts on a server), strace (system calls that
# fail), mkfs.ext4 (a small disk to fill), nft (rules that cut links), systemd-analyze (what services give away),
# ssh-keygen (who signed a bundle), cupsd and lp (pages out of a printer), slapd and ldapsearch
# (people from a directory), Java (Apache Spark) and cc (a clock that goes faster). Fast and silent when they are there. Where they cannot be
# installed (not root, no apt-get, no network) one line says what is left out, and the tests that need it are skipped,
# save in CI (tests/conftest.py).
set -uo pipefail

has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_pdftotext() { command -v pdftotext; }
# Ceph's S3 gateway, which enforces Object Lock as small servers do not (scripts/radosgw.sh starts it, as root).
has_ceph() { command -v radosgw && command -v ceph-mon && command -v ceph-mgr && command -v ceph-osd && command -v ceph && command -v curl; }
# Started by the tests themselves (scripts/postgres.sh); the cluster that Debian makes at installation is not touched.
has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb'; }
has_strace() { command -v strace; }
has_ext4() { PATH="$PATH:/sbin:/usr/sbin" command -v mkfs.ext4; }
has_nft() { PATH="$PATH:/sbin:/usr/sbin" command -v nft; }
has_java() { command -v java; }
has_systemd() { command -v systemd-analyze; }
has_ssh() { command -v ssh-keygen; }
# Started by the tests themselves (tests/suites/cups.py); a CUPS that runs here is not touched.
has_cups() { PATH="$PATH:/sbin:/usr/sbin" command -v cupsd && command -v lp && command -v lpadmin; }
# Started by the tests themselves (tests/suites/slapd.py); one that runs here is not touched.
has_ldap() { PATH="$PATH:/sbin:/usr/sbin" command -v slapd && command -v ldapsearch; }
has_cc() { command -v cc && [ -e /usr/include/dlfcn.h ]; }
has_fonts() { [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || fc-list 2>/dev/null | grep -qi dejavu; }

lacking() {
    has_chromium >/dev/null || echo chromium
    has_pdftotext >/dev/null || echo poppler-utils
    has_ceph >/dev/null || echo radosgw ceph-mon ceph-mgr ceph-osd ceph-common curl
    has_postgres >/dev/null || echo postgresql
    has_strace >/dev/null || echo strace
    has_ext4 >/dev/null || echo e2fsprogs
    has_nft >/dev/null || echo nftables
    has_java >/dev/null || echo openjdk-17-jre-headless
    has_fonts >/dev/null || echo fonts-dejavu-core
    has_systemd >/dev/null || echo systemd
    has_ssh >/dev/null || echo openssh-client
    has_cups >/dev/null || echo cups-daemon cups-client
    has_ldap >/dev/null || echo slapd ldap-utils
    has_cc >/dev/null || echo gcc libc6-dev
}

left_out() {
    echo "install-system: left out: $(echo $(lacking)) ($1); the tests that need them are skipped" >&2
    exit 0
}

[ -z "$(lacking)" ] && exit 0
command -v apt-get >/dev/null || left_out "no apt-get here"
[ "$(id -u)" -eq 0 ] || left_out "not root: install them with your system's package manager"

export DEBIAN_FRONTEND=noninteractive
apt="apt-get -qq -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"
echo "install-system: installing $(echo $(lacking))" >&2
for attempt in 1 2 3; do
    # Packages one by one: what one mirror lacks must not cost the others.
    if $apt update >/dev/null 2>&1; then
        for package in $(lacking); do
            $apt install --yes --no-install-recommends "$package" >/dev/null 2>&1 || true
        done
    fi
    [ -z "$(lacking)" ] && exit 0
    [ "$attempt" -lt 3 ] && sleep $((attempt * 2))
done
left_out "apt-get could not bring them"
