"""A line between two nodes that can be cut."""

import contextlib
import socket
import threading


class Line:
    """Forwards TCP connections from a port of its own to another, until it is cut; mended, it forwards new ones."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._up = threading.Event()
        self._up.set()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection in the middle of whatever it was carrying; take no other."""
        self._up.clear()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def mend(self) -> None:
        """Carry again."""
        self._up.set()

    def close(self) -> None:
        """Go away."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            if not self._up.is_set():
                here.close()
                continue
            try:
                there = socket.create_connection(self._to, 5)
            except OSError:
                here.close()
                continue
            with self._lock:
                self._open += [here, there]
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                self.bytes += len(data)
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
