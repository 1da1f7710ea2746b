#!/bin/sh
# The ward app on the whole screen, as a user who can do nothing else.
#   browser.sh KEYS            of this PC's station, once it is ready: its own certificate alone is believed
#   browser.sh KEYS PINS       of the station on the switch: believed are the stations of sticks made with this one
say() { printf '%s\n%s\n' "$1" "$2"; }
certificate() { # what of it
    openssl s_client -connect "$at" </dev/null 2>/dev/null | openssl x509 -noout "$@"
}
if [ -n "$2" ]; then
    at=10.211.0.1:8443
    pins=$(sed 's/ .*//' "$2" | paste -sd,)
    [ -n "$pins" ] || {
        say "Cette clé est d'avant : elle ne connaît pas le certificat des postes." "This stick is an older one: it knows no station's certificate."
        exit 1
    }
else
    until [ -s /dev/shm/contrefeu-0/tmp/ready ]; do sleep 1; done # start.sh's: the station is ready
    at=localhost:8443
    pins=$(certificate -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
    if [ -e /run/station-lan ]; then
        say "Autres écrans : https://10.211.0.1:8443. N'acceptez que le certificat dont l'empreinte (SHA-256) est" \
            "Other screens: https://10.211.0.1:8443. Accept no certificate but the one with the fingerprint (SHA-256)"
        certificate -fingerprint -sha256 | sed 's/.*=//' | fold -w 48 | sed 's/^/    /'
    fi
fi
[ "$1" = us ] && language=en || language=fr
printf 'AT=%s\nPINS=%s\nXKB_DEFAULT_LAYOUT=%s\nSPOKEN=%s\n' "$at" "$pins" "$1" "$language" >/run/station-browser.env
exec systemctl start station-browser.service
