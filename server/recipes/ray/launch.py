"""Runs one attempt of a training on a node of a Ray cluster, next to the job's files: the server puts it into the job's folder.

It needs no package. It keeps a second attempt out of the folder, writes what the program prints to `log.txt` and to
Ray's own log, ends a program that is cancelled or hangs, and leaves `exit.json`, which outlives the cluster.
"""

import argparse
import contextlib
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))

# Seconds. An attempt whose cluster is gone ends within a few.
PATIENCE_WITH_LOCK = 60
INTERVAL = 0.5

# sysexits.h: try again later.
EX_TEMPFAIL = 75


def main() -> int:
    options = parse_options()
    lock = take_lock()
    with open(path("attempt.json"), encoding="utf8") as file:
        current = json.load(file)["attempt"]
    if current != options.attempt:
        print(f"attempt {options.attempt} is not wanted any more: attempt {current} has taken its place")
        return EX_TEMPFAIL
    if os.path.exists(path("cancel")):
        print("the job was cancelled before its program was started")
        return 0
    if os.path.exists(path("exit.json")):
        os.remove(path("exit.json"))
    # Ray sends it to this process, too, which has to outlive the program.
    signal.signal(signal.SIGTERM, lambda *_: None)
    return run(options, lock)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--attempt", type=int, required=True)
    parser.add_argument("--hang-timeout", type=float, required=True)
    parser.add_argument("--cancel-grace", type=float, required=True)
    parser.add_argument("--secrets", help="a JSON file of environment variables")
    parser.add_argument("--ray-workers", type=int, default=1)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def path(name: str) -> str:
    return os.path.join(FOLDER, name)


def take_lock() -> int:
    """Waits for the lock of the folder. The program inherits it: it is held as long as anything of the attempt lives."""
    lock = os.open(path("lock"), os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + PATIENCE_WITH_LOCK
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
                print(f"this storage has no locks ({error.strerror}): only Ray keeps two attempts apart")
                return lock
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        if time.monotonic() > deadline:
            print("an earlier attempt still works in this folder")
            sys.exit(EX_TEMPFAIL)
        time.sleep(INTERVAL)


def run(options: argparse.Namespace, lock: int) -> int:
    environment = dict(os.environ)
    if options.secrets:
        with open(options.secrets, encoding="utf8") as file:
            environment.update(json.load(file))
    several = ["--ray-workers", str(options.ray_workers)] if options.ray_workers > 1 else []
    try:
        program = subprocess.Popen(
            [*options.command, FOLDER, *several],
            cwd=FOLDER,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
        )
    except OSError as error:
        with open(path("log.txt"), "a", encoding="utf8") as log:
            log.write(f"cannot run {options.command[0]}: {errno.errorcode.get(error.errno)}: {error.strerror}\n")
        finish(options.attempt, code=127)
        return 127
    copier = threading.Thread(target=copy_output, args=(program,), daemon=True)
    copier.start()
    watch(program, options)
    # What the program has left running may keep its output open.
    copier.join(timeout=2)
    code = program.returncode
    if code < 0:
        finish(options.attempt, ended_by=signal.Signals(-code).name)
        return 128 - code
    finish(options.attempt, code=code)
    return code


def copy_output(program: subprocess.Popen) -> None:
    log = os.open(path("log.txt"), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    while chunk := os.read(program.stdout.fileno(), 65536):
        for target in (log, sys.stdout.fileno()):
            # A disk that is full must not make the program wait until it is read.
            with contextlib.suppress(OSError):
                os.write(target, chunk)


def watch(program: subprocess.Popen, options: argparse.Namespace) -> None:
    """Waits for the end of the program; ends it when it is cancelled, or has told nothing for too long."""
    size = progress_size()
    # Several workers may have to wait for room: that is no hang.
    last_sign = None if options.ray_workers > 1 else time.monotonic()
    cancelled_at = None
    while True:
        try:
            program.wait(timeout=INTERVAL)
            return
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        if cancelled_at is None and os.path.exists(path("cancel")):
            cancelled_at = now
            os.killpg(0, signal.SIGTERM)
        if cancelled_at is not None and now - cancelled_at > options.cancel_grace:
            finish(options.attempt, ended_by="SIGKILL")
            os.killpg(0, signal.SIGKILL)
        if progress_size() != size:
            size, last_sign = progress_size(), now
        if last_sign is not None and now - last_sign > options.hang_timeout:
            finish(options.attempt, ended_by="SIGKILL", hung=True)
            os.killpg(0, signal.SIGKILL)


def progress_size() -> int:
    try:
        return os.stat(path("progress.jsonl")).st_size
    except FileNotFoundError:
        return 0


def finish(attempt: int, code: "int | None" = None, ended_by: "str | None" = None, **more: bool) -> None:
    """Writes `exit.json` so that whoever looks sees all of it or nothing."""
    with open(path("exit.json.partial"), "w", encoding="utf8") as file:
        json.dump({"attempt": attempt, "code": code, "signal": ended_by, **more}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path("exit.json.partial"), path("exit.json"))


if __name__ == "__main__":
    sys.exit(main())
