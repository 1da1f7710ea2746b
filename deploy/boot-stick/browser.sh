#!/bin/sh
# The ward app on the whole screen, as a user who can do nothing else; only the station's own certificate is believed.
until [ -s /dev/shm/contrefeu-0/tmp/ready ]; do sleep 1; done # start.sh's: the station is ready
pin=$(openssl s_client -connect localhost:8443 </dev/null 2>/dev/null | openssl x509 -pubkey -noout |
    openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
[ "$1" = us ] && language=en || language=fr
printf 'PIN=%s\nXKB_DEFAULT_LAYOUT=%s\nSPOKEN=%s\n' "$pin" "$1" "$language" >/run/station-browser.env
exec systemctl start station-browser.service
