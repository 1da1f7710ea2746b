#!/usr/bin/env bash
# What a printer without IPP over USB is sent: the boot stick's system and its printer.sh, in a tree of their own without a
# network, and a USB back end that keeps what it is given.
#   scripts/prove_old_printers.sh BASE PDF OUT      as root; BASE is make_boot_stick.sh's
# In OUT: ps.sent and pcl.sent, ps.said and pcl.said (the first screen). 1: one of them is not what that printer reads.
set -euo pipefail
if [ -z "${CONTREFEU_PROOF_APART:-}" ]; then
    CONTREFEU_PROOF_APART=1 exec unshare --net --mount --pid --fork --kill-child bash "$0" "$@"
fi
cd "$(dirname "$0")/.."
base=$(cd "$1" && pwd)/root pdf=$2 out=$(mkdir -p "$3" && cd "$3" && pwd)
work=$(mktemp -d)
trap 'umount -l "$work"; rmdir "$work"' EXIT
mount -t tmpfs none "$work"
root=$work/root
mkdir "$work/upper" "$work/lower" "$root"
mount -t overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/lower" none "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs none "$root/run"
mount --rbind /dev "$root/dev"
ip link set lo up
install -D -m 755 deploy/boot-stick/printer.sh "$root/usr/lib/contrefeu/printer.sh"
install -m 644 deploy/boot-stick/cupsd.conf "$root/etc/cups/cupsd.conf"
chroot "$root" useradd --no-create-home --shell /usr/sbin/nologin station
mkdir -p "$root/run/cups" "$root/devices/usb1"
echo 07 >"$root/devices/usb1/bInterfaceClass"
install -m 644 "$pdf" "$root/pack.pdf"
cat >"$root/usr/lib/cups/backend/usb" <<'END'
#!/bin/sh
if [ $# = 0 ]; then
    echo 'direct usb://Exercise/Old%20printer?serial=1 "Exercise Old printer" "Exercise Old printer (USB)" "'"$(cat /device-id)"'" ""'
    exit
fi
cat "${6:--}" >>/sent
END
chmod 700 "$root/usr/lib/cups/backend/usb"
chroot "$root" /usr/sbin/cupsd -f &
wrong=0
for reads in ps pcl; do
    [ $reads = ps ] && command=PJL,POSTSCRIPT,PCL || command=PJL,PCL5e,PCLXL
    echo "MFG:Exercise;MDL:Old printer;CMD:$command;CLS:PRINTER;SN:1;" >"$root/device-id"
    rm -f "$root/sent"
    PRINTER_USB=/devices PRINTER_LOOK_S=1 PRINTER_TCP=/dev/null chroot "$root" sh /usr/lib/contrefeu/printer.sh >"$out/$reads.said" 2>&1 &
    looks=$!
    for _ in $(seq 60); do
        ! grep -q "A printer was found" "$out/$reads.said" || break
        sleep 1
    done
    cat "$out/$reads.said"
    chroot "$root" setpriv --reuid=station --regid=station --clear-groups lp -o sides=one-sided /pack.pdf
    for _ in $(seq 120); do
        [ -n "$(chroot "$root" lpstat -o)" ] || break
        sleep 1
    done
    kill "$looks"
    chroot "$root" lpadmin -x contrefeu
    cp "$root/sent" "$out/$reads.sent" || true
    cp "$root/var/log/cups/error_log" "$out/$reads.log" 2>/dev/null || true
    case $(head -c 400 "$out/$reads.sent" | tr -d '\0') in
    *'%!PS'*) is=ps ;;
    $'\eE'* | $'\e%-12345X'*'LANGUAGE=PCL'*) is=pcl ;;
    *) is=neither ;;
    esac
    echo "$command: $(stat -c %s "$out/$reads.sent") bytes of $is"
    [ $is = $reads ] || wrong=1
done
exit $wrong
