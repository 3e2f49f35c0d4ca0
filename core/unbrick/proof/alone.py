"""Start a program that has no network but a loopback of its own (Linux).

    python -I alone.py SOCKET PORT PROGRAM [ARGUMENT…]

Run as a script, by `home`. It enters a network of its own (user and network namespaces), listens there on PORT and
hands that socket over SOCKET to whoever serves it, then becomes the program. Where the system does not allow that, it
hands nothing over and ends. When the program cannot be started, the number of the error goes over SOCKET.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
SET_FLAGS, UP, RUNNING = 0x8914, 0x1, 0x40


def cut_off() -> bool:
    """Leave every network; False where the system does not allow it (unshare(2), netdevice(7))."""
    import fcntl

    user, group = os.geteuid(), os.getegid()
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None or unshare(NEW_USER | NEW_NETWORK) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_:
            fcntl.ioctl(any_, SET_FLAGS, struct.pack("16sh14x", b"lo", UP | RUNNING))
    except OSError:
        return False
    return True


def main(arguments: list[str]) -> None:
    """See above."""
    number, port, *command = arguments
    with socket.socket(fileno=int(number)) as home:
        home.set_inheritable(False)
        if not cut_off():
            return
        with socket.create_server(("127.0.0.1", int(port)), backlog=64) as listening:
            socket.send_fds(home, [b"1"], [listening.fileno()])
        try:
            os.execv(command[0], command)
        except OSError as error:
            home.sendall(str(error.errno or 0).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
