"""Python processes that share what is already imported: each is a fork of the launcher, not a new interpreter.

Five interpreters that import the product each for itself take longer to start than all the rest together.
"""

import ctypes
import logging
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import IO, NoReturn

_POLL_SECONDS = 0.02
_SERVERS = ("gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "rq", "flask.cli")
# What the product imports where it is first used, so that commands start without it; forks share it.
_AT_FIRST_USE = ("scipy.special", "scipy.sparse", "openpyxl")
_PR_SET_PDEATHSIG = 1


def preload() -> None:
    """Import the product and its servers, so that every fork finds them: last, as what is refused is told at once."""
    import wsgi
    from kernel import registry

    registry.load_models()
    registry.load_jobs()
    for package in wsgi.PACKAGES:
        import_module(f"{package}.register")
    for name in (*_SERVERS, *_AT_FIRST_USE):
        import_module(name)


class Fork:
    """`python -m module arguments …` as a fork that leads a session of its own; behaves as `subprocess.Popen` does."""

    def __init__(
        self, name: str, module: str, *arguments: str, environ: Mapping[str, str], output: IO[bytes] | None = None
    ) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal between the fork and the child's own handlers would be taken by the launcher's, and lost.
        waiting = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _entitle(name)
                _become(module, arguments, environ, output, waiting)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, waiting)
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit code, minus the signal that ended it, or None while it lives."""
        with self._lock:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        while (code := self.poll()) is None:
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _entitle(name: str) -> None:
    """Tell `ps` what this fork is, where that can be done without harm: on a Mac it cannot, after a fork."""
    if sys.platform == "linux":
        from setproctitle import setproctitle

        setproctitle(f"polyphony: {name}")


def end_with_parent() -> None:
    """Let this process be asked to end when the launcher is killed outright and can ask nobody any more.

    Only Linux has this; elsewhere the processes of a killed launcher are ended by hand, or by the supervisor's group.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _become(
    module: str, arguments: tuple[str, ...], environ: Mapping[str, str], output: IO[bytes] | None, mask: set[int]
) -> NoReturn:
    """Turn this fork into the process that it is to be; never comes back into the launcher's stack."""
    code = 1
    try:
        os.setsid()
        end_with_parent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        if output is not None:
            os.dup2(output.fileno(), 1)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - it lives as long as the process
        sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(environ)
        sys.argv[1:] = arguments
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as leaving:
        code = _code_of(leaving)
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code_of(leaving: SystemExit) -> int:
    """What the interpreter makes of `SystemExit`: a number is the code, nothing is 0, a text is told and is 1."""
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    print(leaving.code, file=sys.stderr)
    return 1
