#!/bin/sh
# The ward app on the whole screen, as a user who can do nothing else.
#   browser.sh KEYS            of this PC's station, once it is ready: its own certificate alone is believed
#   browser.sh KEYS PINS       of the station on the switch: believed are the stations of sticks made with this one
wait_s=${BROWSER_WAIT_S:-120} # for the server to show its certificate
try_s=40                      # of them, for one try: a slow PC read openssl from its stick for longer than ten
ready=${BROWSER_READY:-/dev/shm/contrefeu-0/tmp/ready}
env=${BROWSER_ENV:-/run/station-browser.env}
say() { printf '%s\n%s\n' "$1" "$2"; }
up() { # seconds that this PC runs: no clock that is set counts
    cut -d. -f1 /proc/uptime
}
certificate() { # the server's, once it shows one. A try may be slow where the PC is, and all of them end together
    end=$(($(up) + wait_s))
    while left=$((end - $(up))) && [ "$left" -gt 0 ]; do
        [ "$left" -lt "$try_s" ] || left=$try_s
        timeout "$left" openssl s_client -connect "$at" </dev/null 2>/dev/null | openssl x509 2>/dev/null && return
        sleep 1
    done
    return 1
}
of() { # what of it
    printf '%s\n' "$shown" | openssl x509 -noout "$@"
}
pin() { # the hash of its key
    of -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64
}
if [ -n "$2" ]; then
    at=10.211.0.1:8443
    pins=$(sed 's/ .*//' "$2" | grep -xE '[A-Za-z0-9+/]{43}=' | paste -sd,) # nothing else: root's shell reads it below
    [ -n "$pins" ] || {
        say "Cette clé est d'avant : elle ne connaît pas le certificat des postes." "This stick is an older one: it knows no station's certificate."
        exit 1
    }
    say "On attend le poste, deux minutes au plus." "The station is waited for, two minutes at most."
    shown=$(certificate) || {
        say "Le poste ne répond pas à https://10.211.0.1:8443 : est-il prêt (code tapé) ?" \
            "The station does not answer at https://10.211.0.1:8443: is it ready (code typed)?"
        exit 1
    }
    case ",$pins," in
    *",$(pin),"*) ;;
    *)
        say "Le poste de ce commutateur n'est pas d'une clé faite avec celle-ci : ce PC ne le montre pas. Prenez une clé faite avec la sienne." \
            "The station on this switch is not of a stick made with this one: this PC does not show it. Take a stick made with its own."
        exit 1
        ;;
    esac
else
    until [ -s "$ready" ]; do sleep 1; done # start.sh's: the station is ready
    at=localhost:8443
    shown=$(certificate) || {
        say "Le poste ne montre pas de certificat : l'application ne s'ouvre pas sur ce PC." \
            "The station shows no certificate: the app does not open on this PC."
        exit 1
    }
    pins=$(pin)
    if [ -e /run/station-lan ]; then
        say "Autres écrans : https://10.211.0.1:8443. N'acceptez que le certificat dont l'empreinte (SHA-256) est" \
            "Other screens: https://10.211.0.1:8443. Accept no certificate but the one with the fingerprint (SHA-256)"
        of -fingerprint -sha256 | sed 's/.*=//' | fold -w 48 | sed 's/^/    /'
    fi
fi
[ "$1" = us ] && language=en || language=fr
printf 'AT=%s\nPINS=%s\nXKB_DEFAULT_LAYOUT=%s\nSPOKEN=%s\n' "$at" "$pins" "$1" "$language" >"$env"
exec systemctl start station-browser.service
