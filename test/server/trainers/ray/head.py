"""A Ray head that nothing outside can reach: it runs in a network of its own, in which there is only a loopback.

    unshare --net --pid --fork --kill-child --mount-proc python3 head.py FOLDER

Its dashboard is handed out through the Unix socket FOLDER/s. It is the first of its processes: when it ends, all do; and it
ends when its stdin does, with whoever has started it.
"""

import asyncio
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
PORT = 8265


def bring_up_loopback() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        to_ray = await asyncio.open_connection("127.0.0.1", PORT)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, to_ray[1]), copy(to_ray[0], writer))


def end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


async def main(folder: str) -> None:
    threading.Thread(target=end_with_stdin, daemon=True).start()
    bring_up_loopback()
    shutil.rmtree(f"{folder}/t", ignore_errors=True)
    if os.path.exists(f"{folder}/s"):
        os.remove(f"{folder}/s")
    options = ["--head", "--block", "--disable-usage-stats", "--num-cpus", "2", "--object-store-memory", "100000000"]
    dashboard = ["--dashboard-host", "127.0.0.1", "--dashboard-port", str(PORT)]
    ray = os.path.join(os.path.dirname(sys.executable), "ray")
    head = subprocess.Popen([ray, "start", *options, *dashboard, "--temp-dir", f"{folder}/t"])
    async with await asyncio.start_unix_server(serve, f"{folder}/s"):
        sys.exit(await asyncio.to_thread(head.wait))


def count_on() -> None:
    """Begins with another process number at each start: the tests' program takes a number that comes again for its own kind."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
        file.write(str(int(time.time() * 300) % 30_000 + 300))


def be_init() -> None:
    """Goes on in a child. Orphans come to the first process, and Ray takes one that nobody waits for as alive."""
    child = os.fork()
    if child != 0:
        while os.wait()[0] != child:
            pass
        os._exit(1)


count_on()
be_init()
asyncio.run(main(sys.argv[1]))
