#!/bin/sh
# A switch of one's own: lan.sh serve | screen | down. Says what it found, in French and English; 1: the network stays off.
# Until it is called no link is up, and the firewall (lan.nft) lets nothing in.
export LANG=C.UTF-8 PATH="${LAN_BIN:+$LAN_BIN:}/usr/sbin:/usr/bin:/sbin:/bin"
lan=${LAN_PY:-/usr/lib/contrefeu/lan.py}
run=${LAN_RUN:-/run}
address=10.211.0.1
wait_s=${LAN_WAIT_S:-10} # for the address; networkd is done in one or two
say() { printf '%s\n%s\n' "$1" "$2"; }
down() {
    if [ -e "$run/station-lan" ]; then
        ip addr flush dev "$(cat "$run/station-lan")"
        ip link set dev "$(cat "$run/station-lan")" down
    fi
    rm -f "$run/station-lan" "$run/systemd/network/10-station.network"
    systemctl stop systemd-networkd.socket systemd-networkd.service 2>/dev/null
    nft flush set inet station cables 2>/dev/null
}
why() { # what lan.py ended with
    case "$1" in
    20) say "Ce PC n'a pas de carte réseau à câble que ce système connaît." "This PC has no wired network card that this system knows." ;;
    21) say "Aucun câble ne répond : branchez-le, allumez le commutateur." "No cable answers: plug it in, switch the switch on." ;;
    22) say "Plusieurs câbles : n'en laissez qu'un, celui de votre commutateur." "Several cables: leave one, your own switch's." ;;
    23 | 24) say "Ce câble mène à un réseau qui a déjà quelqu'un : celui de l'hôpital, ou un autre poste. Débranchez-le de ce PC." \
        "Somebody is on this cable's network already: it is the hospital's, or another station's. Pull it out of this PC." ;;
    25) say "Pas d'adresse d'un poste Contrefeu sur ce câble : est-ce le même commutateur, et le poste tourne-t-il ?" \
        "No address of a Contrefeu station on this cable: is it the same switch, and does the station run?" ;;
    *) say "Le réseau ne démarre pas ($1)." "The network does not start ($1)." ;;
    esac
}
refused() {
    down
    why "$1"
    say "Le réseau reste éteint." "The network stays off."
    exit 1
}
network() { # its lines: of one cable, IPv4 alone, nothing that leads anywhere
    mkdir -p "$run/systemd/network"
    printf '[Match]\nName=%s\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nLLDP=no\nIPForward=no\n' "$cable" |
        cat - "$1" >"$run/systemd/network/10-station.network"
    nft add element inet station cables "{ $cable }" || refused nft
    echo "$cable" >"$run/station-lan"
    systemctl restart systemd-networkd.service || refused networkd
}
looked_at() { # alone: nobody is there; station: one is, and nobody else. Then the lines of this kind of network
    cable=$(python3 "$lan" cable) || refused $?
    echo "$cable" >"$run/station-lan"
    python3 "$lan" "$1" "$cable" || refused $?
    network "${0%/*}/$2.network"
}
case "$1" in
serve)
    say "Le câble est examiné : une minute." "The cable is looked at: a minute."
    looked_at alone serve
    until ip -4 -o addr show dev "$cable" | grep -qF " $address/"; do
        wait_s=$((wait_s - 1))
        [ "$wait_s" -ge 0 ] || refused "$address"
        sleep 1
    done
    say "Réseau : ce PC donne des adresses sur ce câble ; les autres écrans ouvriront https://10.211.0.1:8443" \
        "Network: this PC gives addresses on this cable; the other screens will open https://10.211.0.1:8443"
    ;;
watch) # until the hospital's network is plugged into the switch
    cable=$(cat "$run/station-lan")
    python3 "$lan" watch "$cable" 2>/dev/null &
    trap 'kill $!; exit' TERM
    wait $!
    ended=$?
    down # before anything that may wait
    timeout 5 chvt 1
    case $ended in
    23 | 24) why "$ended" ;;
    *) say "Le réseau s'est arrêté : la carte ne répond plus." "The network has ended: the card does not answer any more." ;;
    esac
    say "Le réseau reste éteint." "The network stays off."
    say "Pour rallumer le réseau : terminez le poste (Ctrl-C), puis recommencez. L'application : Ctrl-Alt-F2." \
        "To switch the network on again: end the station (Ctrl-C), then begin again. The app: Ctrl-Alt-F2."
    ;;
screen)
    say "Le câble est examiné : une minute au plus." "The cable is looked at: a minute at most."
    looked_at station screen
    python3 "$lan" lease "$cable" >/dev/null || refused $?
    ;;
down) down ;;
esac
