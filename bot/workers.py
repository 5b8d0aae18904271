"""`recours run --workers N`: that many workers on this machine; one that ends is started again, at once.

Each is a fork of one process that has loaded the models, which they share: a new one is ready in a moment.
"""

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from bot import events
from bot.instants import backoff

STEADY = 60.0  # seconds a worker lived: what ends it later is no failure to start
TOLD = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Worker:
    """One that runs: when it started (monotonic), and how often its place failed before."""

    started_at: float
    failures: int


class Workers:
    """The workers of this machine.

    Args:
        work: what each does; it ends when told so (SIGTERM). Gives the exit code.
    """

    def __init__(self, work: Callable[[], int]) -> None:
        self._work = work
        self._running: dict[int, Worker] = {}
        self._told = False

    def run(self, count: int) -> int:
        """Keep so many running until told to stop (SIGTERM, Ctrl-C)."""
        gc.freeze()  # what was loaded stays shared with the forks
        for told in TOLD:
            signal.signal(told, self._stop)
        for _ in range(count):
            self._start(failures=0)
        while self._running:
            pid, status = os.wait()
            ended = self._running.pop(pid)
            if not self._told:
                events.tell("worker_ended", code=os.waitstatus_to_exitcode(status))
                lived = time.monotonic() - ended.started_at
                self._start(failures=0 if lived > STEADY else ended.failures + 1)
        return 0

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._told = True
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)

    def _start(self, failures: int) -> None:
        """No signal comes between the fork and the moment when it is known, here and there."""
        sys.stdout.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
        pid = os.fork()
        if not pid:
            self._be_a_worker(failures)
        self._running[pid] = Worker(time.monotonic(), failures)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)

    def _be_a_worker(self, failures: int) -> None:
        """Work, and never come back from here."""
        code = 1
        try:
            for told in TOLD:
                signal.signal(told, signal.SIG_DFL if told == signal.SIGTERM else signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
            if failures > 1:
                time.sleep(backoff(failures - 1).total_seconds())
            code = self._work()
        except Exception as error:  # noqa: BLE001 - the end of a process: its parent starts another one
            events.tell("stopped", fault=error)
        finally:
            logging.shutdown()
            os._exit(code)
