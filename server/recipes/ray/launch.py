"""Runs one attempt of a training on a node of a Ray cluster. The server copies this file into the job's folder.

It needs no packages. It locks the folder against a second attempt, writes the program's output to `log.txt` and to Ray's
log, and kills a program that is cancelled or hangs. It writes `exit.json`, which remains when the cluster is lost.
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

# In seconds. When a cluster is lost, its attempts end within a few seconds and release the lock.
LOCK_TIMEOUT = 60
INTERVAL = 0.5

# From sysexits.h: temporary failure.
EX_TEMPFAIL = 75


def main() -> int:
    options = parse_options()
    lock = take_lock()
    with open(path("attempt.json"), encoding="utf8") as file:
        current = json.load(file)["attempt"]
    if current != options.attempt:
        print(f"attempt {options.attempt} is obsolete: attempt {current} has replaced it")
        return EX_TEMPFAIL
    if os.path.exists(path("cancel")):
        print("the job was cancelled before its program was started")
        return 0
    if os.path.exists(path("exit.json")):
        os.remove(path("exit.json"))
    # Ray sends SIGTERM to this process too, but the launcher must keep running until the program has exited.
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
    """Waits for the lock of the folder. The program inherits the lock, so it is held until every process of the attempt ends."""
    lock = os.open(path("lock"), os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
                print(f"this file system does not support locks ({error.strerror}): only Ray prevents concurrent attempts")
                return lock
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        if time.monotonic() > deadline:
            print("an earlier attempt still holds the lock of this folder")
            sys.exit(EX_TEMPFAIL)
        time.sleep(INTERVAL)


def run(options: argparse.Namespace, lock: int) -> int:
    environment = dict(os.environ)
    if options.secrets:
        with open(options.secrets, encoding="utf8") as file:
            environment.update(json.load(file))
        # Workers on other nodes do not inherit this environment, and Ray shows what it passes to them.
        environment["JOB_SECRETS_FILE"] = options.secrets
    workers = ["--ray-workers", str(options.ray_workers)] if options.ray_workers > 1 else []
    try:
        program = subprocess.Popen(
            [*options.command, FOLDER, *workers],
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
    # Child processes of the program may keep its output open: do not wait for them forever.
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
            # Ignore a full disk: the program would block when nothing reads its output.
            with contextlib.suppress(OSError):
                os.write(target, chunk)


def watch(program: subprocess.Popen, options: argparse.Namespace) -> None:
    """Waits until the program exits. Stops the program when the job is cancelled, and kills it after the hang timeout."""
    size = progress_size()
    # Several workers may wait for resources of the cluster: the hang timeout starts with their first progress.
    last_progress = None if options.ray_workers > 1 else time.monotonic()
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
            size, last_progress = progress_size(), now
        if last_progress is not None and now - last_progress > options.hang_timeout:
            finish(options.attempt, ended_by="SIGKILL", hung=True)
            os.killpg(0, signal.SIGKILL)


def progress_size() -> int:
    try:
        return os.stat(path("progress.jsonl")).st_size
    except FileNotFoundError:
        return 0


def finish(attempt: int, code: "int | None" = None, ended_by: "str | None" = None, **more: bool) -> None:
    """Writes `exit.json` atomically."""
    with open(path("exit.json.partial"), "w", encoding="utf8") as file:
        json.dump({"attempt": attempt, "code": code, "signal": ended_by, **more}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path("exit.json.partial"), path("exit.json"))


if __name__ == "__main__":
    sys.exit(main())
