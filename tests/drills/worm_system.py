"""One system of the drill in worm.py: listens, and passes a marker that it was given on to other addresses."""

import selectors
import socket
import sys

MARKER = b"harmless marker of a drill"
WORM_PORT, CARE_PORT, TRY_S = 445, 2575, 0.2


def main(targets: list[str]) -> None:
    """Serve until killed."""
    chosen = selectors.DefaultSelector()
    for port in (WORM_PORT, CARE_PORT):
        chosen.register(socket.create_server(("0.0.0.0", port)), selectors.EVENT_READ, port)
    chosen.register(sys.stdin, selectors.EVENT_READ, 0)
    struck = False
    _say("ready")
    while True:
        for key, _ in chosen.select():
            if key.data == CARE_PORT:
                _answer(key.fileobj)
                continue
            has_marker = bool(sys.stdin.readline()) if key.data == 0 else _taken(key.fileobj)
            if has_marker and not struck:
                struck = True
                _say("struck")
                for target in targets:
                    _pass_on(target)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _answer(server) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(9)
        connection.sendall(b"MSA|AA")


def _taken(server) -> bool:
    connection, _ = server.accept()
    with connection:
        return connection.recv(len(MARKER)) == MARKER


def _pass_on(target: str) -> None:
    try:
        with socket.create_connection((target, WORM_PORT), TRY_S) as connection:
            connection.sendall(MARKER)
    except OSError:
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
