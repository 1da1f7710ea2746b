#!/bin/sh
# A USB printer that is plugged in is the queue `contrefeu`, and what everything prints on: no settings, no question.
# Most printers since 2015 speak IPP over USB and need no driver (ipp-usb); an older one is taken if it says that it reads
# PostScript or PCL.   printer.sh: looks again and again   printer.sh once: one look; prints what it is called, 1: none
export LC_ALL=C.UTF-8 PATH="${PRINTER_BIN:+$PRINTER_BIN:}/usr/sbin:/usr/bin:/sbin:/bin"
queue=contrefeu
look_s=5
tcp=${PRINTER_TCP:-/proc/net/tcp}
devices=${PRINTER_USB:-/sys/bus/usb/devices}

driverless() { # the ports of ipp-usb, 60000 and up (it listens everywhere, and answers this PC alone): the kernel's hexadecimal
    awk '$4 == "0A" && $2 ~ /^(0100007F|00000000):EA[67]/ { print substr($2, 10) }' "$tcp" | sort | while read -r port; do
        echo "ipp://localhost:$((0x$port))/ipp/print everywhere"
    done
}
with_driver() { # of printers that ipp-usb does not take: device, and what they read; asked only when there is one
    grep -qsx 07 "$devices"/*/bInterfaceClass || return
    lpinfo -l --include-schemes usb -v 2>/dev/null | awk '
        /^Device: uri = / { uri = $4 }
        /^ *device-id = / {
            if ($0 ~ /(CMD|COMMAND SET):[^;]*(POSTSCRIPT|PostScript|PS3|BR-Script)/) print uri, "drv:///sample.drv/generic.ppd"
            else if ($0 ~ /(CMD|COMMAND SET):[^;]*PCL/) print uri, "drv:///sample.drv/generpcl.ppd"
        }'
}
found() {
    ipp=$(driverless)
    if [ -n "$ipp" ]; then echo "$ipp"; else with_driver; fi | head -1
}
take() { # device, driver: make it the queue
    lpadmin -p "$queue" -E -v "$1" -m "$2" -o printer-error-policy=retry-job -o PageSize=A4 2>/dev/null &&
        lpadmin -d "$queue" && cupsenable "$queue" && cupsaccept "$queue"
}
if [ "${1:-}" = once ]; then
    found | grep .
    exit
fi
before=
while :; do
    now=$(found)
    if [ "$now" != "$before" ]; then
        if [ -z "$now" ]; then
            printf '%s\n%s\n' "L'imprimante n'est plus là." "The printer is gone."
            before=
        elif take ${now% *} ${now##* }; then
            printf '%s\n%s\n' "Imprimante trouvée : Ctrl-P dans l'application." "A printer was found: Ctrl-P in the app."
            before=$now
        fi
    fi
    sleep "$look_s"
done
