"""A Ray head that nothing outside can reach: it runs in a network namespace with only a loopback interface.

    unshare --net --pid --fork --kill-child --mount-proc python3 head.py FOLDER

The Unix socket FOLDER/s forwards to the dashboard. This program is the first process of its PID namespace, so all its
child processes end with it. It exits when its stdin closes, so it does not outlive the process that started it.
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
        ray = await asyncio.open_connection("127.0.0.1", PORT)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, ray[1]), copy(ray[0], writer))


def exit_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


async def main(folder: str) -> None:
    threading.Thread(target=exit_with_stdin, daemon=True).start()
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


def vary_process_ids() -> None:
    """Starts with another process ID each time. Otherwise the fake recipe mistakes a reused ID for an earlier program."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
        file.write(str(int(time.time() * 300) % 30_000 + 300))


def be_init() -> None:
    """Continues in a child; the first process only reaps orphans. Ray considers an unreaped process alive."""
    child = os.fork()
    if child != 0:
        while os.wait()[0] != child:
            pass
        os._exit(1)


vary_process_ids()
be_init()
asyncio.run(main(sys.argv[1]))
