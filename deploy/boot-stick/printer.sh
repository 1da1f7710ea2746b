#!/bin/sh
# A USB printer that is plugged in is the queue `contrefeu`, and what everything prints on: no settings, no question.
# Most printers since 2015 speak IPP over USB and need no driver (ipp-usb); an older one is taken if it says that it reads
# PostScript or PCL.   printer.sh: looks again and again   printer.sh once: one look; prints what it is called, 1: none
export LC_ALL=C.UTF-8 PATH="${PRINTER_BIN:+$PRINTER_BIN:}/usr/sbin:/usr/bin:/sbin:/bin"
queue=contrefeu
look_s=${PRINTER_LOOK_S:-5}
mute=0 mute_looks=6 # half a minute
tcp=${PRINTER_TCP:-/proc/net/tcp}
devices=${PRINTER_USB:-/sys/bus/usb/devices}

driverless() { # the ports of ipp-usb, 60000 and up (it listens everywhere, and answers this PC alone), root's: hexadecimal
    awk '$4 == "0A" && $8 == 0 && $2 ~ /^(0100007F|00000000):EA[67]/ { print substr($2, 10) }' "$tcp" | sort | while read -r port; do
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
unknown() { # a printer is plugged in that nothing above reads for: said once, until none is there
    if [ -n "$now" ] || ! grep -qsx 07 "$devices"/*/bInterfaceClass; then
        mute=0
        return
    fi
    mute=$((mute + 1)) # ipp-usb and a printer that was just switched on take their time
    [ "$mute" != "$mute_looks" ] ||
        printf '%s\n%s\n' "Imprimante branchée, mais que ce PC ne sait pas faire imprimer (ni IPP par USB, ni PostScript, ni PCL) : prenez-en une autre." \
            "A printer is plugged in, but this PC cannot make it print (no IPP over USB, PostScript or PCL): take another one."
}
take() { # device, driver: make it the queue
    lpadmin -p "$queue" -E -v "$1" -m "$2" -o printer-error-policy=retry-job -o PageSize=A4 2>/dev/null &&
        lpadmin -d "$queue" && cupsenable "$queue" && cupsaccept "$queue"
}
if [ "${1:-}" = once ]; then
    found | grep .
    exit
fi
before='' refused='' # what was taken; the devices of which it was said that they are not
while :; do
    now=$(found)
    unknown
    if [ "$now" != "$before" ]; then
        if [ -z "$now" ]; then
            printf '%s\n%s\n' "L'imprimante n'est plus là." "The printer is gone."
            before=
        elif take ${now% *} ${now##* }; then
            printf '%s\n%s\n' "Imprimante trouvée : Ctrl-P dans l'application." "A printer was found: Ctrl-P in the app."
            before=$now
        elif [ "$refused" = "${refused#*" $now "}" ]; then
            printf '%s\n%s\n' "Imprimante branchée, mais qui ne se laisse pas installer : éteignez-la, rallumez-la, ou prenez-en une autre." \
                "A printer was plugged in, but cannot be taken: switch it off and on, or take another one."
            refused="$refused $now "
        fi
    fi
    sleep "$look_s"
done
