"""Whether the service lives and is ready, and its metrics, over HTTP on a port of its own. Names and counts only."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import config, events
from bot.channel import Channel
from bot.instants import now
from bot.listening import listening
from bot.metrics import REGISTRY
from cases.errors import StoreError
from cases.sql.health import Backlog
from cases.sql.store import SqlStore

LOOK_EVERY = timedelta(seconds=5)
ALIVE = "recours alive\n"


@dataclass(slots=True)
class Queue:
    """One channel as it was last seen: what waits, since when its oldest pieces are known to wait."""

    backlog: Backlog = field(default_factory=lambda: Backlog(0, None, 0))
    first_since: datetime | None = None
    heads: dict[int, datetime] = field(default_factory=dict)

    def received_for(self, at: datetime) -> timedelta:
        """How long the oldest unhandled update has been the oldest."""
        return at - self.first_since if self.first_since else timedelta()

    def queued_for(self, at: datetime) -> timedelta:
        """How long the oldest reply that could leave has been waiting, since this process saw it first."""
        return at - min(self.heads.values()) if self.heads else timedelta()


class Watch:
    """Looks at the queues now and then; what it says holds channel names, counts and durations."""

    def __init__(self, settings: config.Health, store: SqlStore, channels: Callable[[], Iterable[Channel]]) -> None:
        self._limits = timedelta(minutes=settings.inbox_minutes), timedelta(minutes=settings.outbox_minutes)
        self._store = store
        self._channels = channels
        self._queues: dict[str, Queue] = {}
        self._reachable = False
        self._current = False

    def look(self, at: datetime) -> None:
        """See how long the oldest pieces of each queue have been waiting."""
        try:
            self._current = self._store.health.schema() == self._store.health.newest_schema
            found = list(self._channels())
            self._queues = {channel.name: self._queues.get(channel.name, Queue()) for channel in found}
            for channel in found:
                self._look_at(channel, self._queues[channel.name], at)
            self._reachable = True
        except StoreError as error:
            self._reachable = False
            events.store_failed("health", error)

    def _look_at(self, channel: Channel, queue: Queue, at: datetime) -> None:
        found = self._store.health.backlog(channel.name)
        if found.first is None or found.first != queue.backlog.first:
            queue.first_since = at if found.first is not None else None
        heads = self._store.health.waiting_heads(channel.name, at)
        queue.heads = {row: queue.heads.get(row, at) for row, chat in heads if channel.is_reachable(chat)}
        queue.backlog = found

    def failing(self, at: datetime) -> list[str]:
        """Names of what stands in the way of answering people; empty when nothing does."""
        inbox, outbox = self._limits
        stuck = {
            "store": not self._reachable,
            "schema": self._reachable and not self._current,
            "inbox": any(queue.received_for(at) > inbox for queue in self._queues.values()),
            "outbox": any(queue.queued_for(at) > outbox for queue in self._queues.values()),
        }
        return [name for name, wrong in stuck.items() if wrong]

    @property
    def queues(self) -> Mapping[str, Queue]:
        """Channel to queue."""
        return self._queues


class Depths(Collector):
    """The queues as gauges, read when they are asked for."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """See `prometheus_client.registry.Collector`."""
        at = now()
        received = GaugeMetricFamily("recours_inbox_waiting", "Updates not handled yet.", labels=["channel"])
        queued = GaugeMetricFamily("recours_outbox_waiting", "Things to send.", labels=["channel"])
        oldest = GaugeMetricFamily(
            "recours_outbox_oldest_seconds", "Since when the oldest reply that could leave waits.", labels=["channel"]
        )
        for name, queue in self._watch.queues.items():
            received.add_metric([name], queue.backlog.received)
            queued.add_metric([name], queue.backlog.queued)
            oldest.add_metric([name], queue.queued_for(at).total_seconds())
        return (received, queued, oldest)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Their names."""
        return self.collect()


def app(watch: Watch) -> Starlette:
    """The three addresses. The models are loaded before anything listens."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse(ALIVE)

    async def ready(_: Request) -> Response:
        watch.look(now())
        failing = watch.failing(now())
        return JSONResponse({"ready": not failing, "failing": failing}, 503 if failing else 200)

    async def metrics(_: Request) -> Response:
        watch.look(now())
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)])


async def serve(settings: config.Health, watch: Watch) -> None:
    """Serve until cancelled. A port that is taken is said in the log and never stops the conversations."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.listen else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.listen, settings.port))
    except OSError as error:
        events.tell("watch_failed", port=settings.port, fault=error)
        return
    depths = Depths(watch)
    REGISTRY.register(depths)
    try:
        async with listening(app(watch), settings.listen, settings.port):
            events.tell("watching", port=settings.port)
            while True:
                watch.look(now())
                await asyncio.sleep(LOOK_EVERY.total_seconds())
    finally:
        REGISTRY.unregister(depths)
