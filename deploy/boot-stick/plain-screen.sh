#!/bin/sh
# The ward app where cage does not start: an old or odd screen, or one that the menu's last entries start without its driver.
# The X server has the screen and runs as root; the browser is the same user as ever.
. /run/station-browser.env
run=/run/station-browser-x
cookie=$(mcookie)
for whose in server user; do
    : >"$run/$whose"
    xauth -q -f "$run/$whose" add :0 . "$cookie"
done
chown -R station: "$run"
mkdir -p /etc/X11/xorg.conf.d
printf 'Section "InputClass"\n Identifier "keys"\n MatchIsKeyboard "on"\n Option "XkbLayout" "%s"\nEndSection\n' \
    "$XKB_DEFAULT_LAYOUT" >/etc/X11/xorg.conf.d/00-keys.conf
Xorg :0 vt2 -nolisten tcp -auth "$run/server" -logfile "$run/log" -s 0 -dpms -br &
x=$!
trap 'kill $x' EXIT
trap exit TERM
for _ in $(seq 120); do # an emulated one takes its time
    [ -S /tmp/.X11-unix/X0 ] && break
    kill -0 $x 2>/dev/null || exit 1
    sleep 1
done
setpriv --reuid=station --regid=station --init-groups --no-new-privs \
    env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$run" XDG_RUNTIME_DIR="$run" DISPLAY=:0 XAUTHORITY="$run/user" AT="$AT" PINS="$PINS" \
    SPOKEN="$SPOKEN" sh -c 'matchbox-window-manager -use_titlebar no -use_cursor yes &
        exec chromium --ozone-platform=x11 --kiosk --accept-lang="$SPOKEN" --no-first-run --disable-gpu --disable-dev-shm-usage --ipc-connection-timeout=120 \
            --disable-background-networking --user-data-dir="$HOME/browser" --ignore-certificate-errors-spki-list="$PINS" "https://$AT"' &
trap 'kill $! $x' EXIT
wait $!
