#!/bin/sh
# A switch of one's own: lan.sh serve | screen | down. Says what it found, in French and English; 1: the network stays off.
# Until it is called no link is up, and the firewall (lan.nft) lets nothing in.
export LANG=C.UTF-8 PATH="${LAN_BIN:+$LAN_BIN:}/usr/sbin:/usr/bin:/sbin:/bin"
lan=${LAN_PY:-/usr/lib/contrefeu/lan.py}
run=${LAN_RUN:-/run}
say() { printf '%s\n%s\n' "$1" "$2"; }
down() {
    [ ! -e "$run/station-lan" ] || ip link set dev "$(cat "$run/station-lan")" down
    rm -f "$run/station-lan" "$run/systemd/network/10-station.network"
    systemctl stop systemd-networkd.socket systemd-networkd.service 2>/dev/null
    nft flush set inet station cables 2>/dev/null
}
refused() { # what lan.py ended with
    down
    case "$1" in
    20) say "Ce PC n'a pas de carte réseau à câble que ce système connaît." "This PC has no wired network card that this system knows." ;;
    21) say "Aucun câble ne répond : branchez-le, allumez le commutateur." "No cable answers: plug it in, switch the switch on." ;;
    22) say "Plusieurs câbles : n'en laissez qu'un, celui de votre commutateur." "Several cables: leave one, your own switch's." ;;
    23 | 24) say "Quelqu'un donne déjà des adresses sur ce câble : c'est le réseau de l'hôpital, ou un autre poste. Débranchez-le de ce PC." \
        "Somebody gives addresses on this cable already: it is the hospital's network, or another station. Pull it out of this PC." ;;
    25) say "Pas d'adresse d'un poste Contrefeu sur ce câble : est-ce le même commutateur, et le poste tourne-t-il ?" \
        "No address of a Contrefeu station on this cable: is it the same switch, and does the station run?" ;;
    *) say "Le réseau ne démarre pas ($1)." "The network does not start ($1)." ;;
    esac
    say "Le réseau reste éteint." "The network stays off."
    exit 1
}
network() { # its lines: of one cable, IPv4 alone, nothing that leads anywhere
    mkdir -p "$run/systemd/network"
    printf '[Match]\nName=%s\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nLLDP=no\nIPForward=no\n' "$cable" |
        cat - "$1" >"$run/systemd/network/10-station.network"
    nft add element inet station cables "{ $cable }" || refused nft
    echo "$cable" >"$run/station-lan"
    systemctl start systemd-networkd.service || refused networkd
}
case "$1" in
serve)
    say "Le câble est examiné : une demi-minute." "The cable is looked at: half a minute."
    cable=$(python3 "$lan" cable) || refused $?
    echo "$cable" >"$run/station-lan"
    python3 "$lan" alone "$cable" || refused $?
    network "${0%/*}/serve.network"
    say "Réseau : ce PC donne des adresses sur ce câble ; les autres écrans ouvriront https://10.211.0.1:8443" \
        "Network: this PC gives addresses on this cable; the other screens will open https://10.211.0.1:8443"
    ;;
watch) # until the hospital's network is plugged into the switch
    cable=$(cat "$run/station-lan")
    python3 "$lan" watch "$cable" &
    trap 'kill $!; exit' TERM
    wait $!
    ended=$?
    chvt 1
    (refused "$ended")
    say "Pour rallumer le réseau : terminez le poste (Ctrl-C), puis recommencez. L'application : Ctrl-Alt-F2." \
        "To switch the network on again: end the station (Ctrl-C), then begin again. The app: Ctrl-Alt-F2."
    ;;
screen)
    say "Le câble est examiné." "The cable is looked at."
    cable=$(python3 "$lan" cable) || refused $?
    network "${0%/*}/screen.network"
    python3 "$lan" lease "$cable" >/dev/null || refused $?
    ;;
down) down ;;
esac
