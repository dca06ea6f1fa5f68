"""Numbers about the server in Prometheus' text format 0.0.4; none of them about a person.

Counted in the event loop's thread only, so without locks. Labels are route templates,
statuses and codes: never an id, of which there would also be far too many.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from api.stamping import StampStanding
from api.witnessing import Standing
from ledger.application import Answer
from ledger.errors import UnbrokenError

if TYPE_CHECKING:
    from api.live.intake import Taken
    from api.live.subscriber import Subscriber
    from ledger.store.live_rows import LiveRecording

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_OF_RECORDINGS = {
    "missing": "Readings that did not come, or not yet",
    "disorder": "Packets that came after a later one",
    "replays": "Packets that came again after they had been sealed",
}
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Histogram:
    """Counts of observations up to each bound, their number and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterable[str]:
        total = 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


class Metrics:
    """What happened since this process started."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._answers: Counter[str] = Counter()
        self._durations = Histogram(SECONDS)
        self._batches = Histogram(SIZES)
        self._commits = Histogram(SECONDS)
        self._packets: Counter[str] = Counter()
        self._readings = 0
        self.mqtt: Subscriber | None = None

    def live(self, taken: Sequence[Taken]) -> None:
        """Packets of loggers were taken, or not."""
        for one in taken:
            self._packets[one.error.code if one.error else one.outcome] += 1
            self._readings += one.readings if one.outcome == "stored" else 0

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests[method, route, status] += 1
        self._durations.observe(seconds)

    def batch(self, results: Sequence[Answer | UnbrokenError], seconds: float) -> None:
        """A batch handed to the ledger came back after so many seconds."""
        self._batches.observe(len(results))
        self._commits.observe(seconds)
        for result in results:
            self._answers[result.code if isinstance(result, UnbrokenError) else "recorded"] += 1

    def text(
        self,
        log_size: int,
        lag: int,
        lately: Sequence[LiveRecording] = (),
        witnesses: Sequence[Standing] = (),
        witnessed_size: int = 0,
        authorities: Sequence[StampStanding] = (),
    ) -> str:
        """All of it. `lag`: entries that the read models have not taken in yet. `lately`: the
        recordings of which something came in the last day. `witnessed_size`: of the newest head that
        meets the policy."""
        lines = [
            *_head("unbroken_requests_total", "counter", "HTTP requests"),
            *(
                f'unbroken_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                for (method, route, status), count in sorted(self._requests.items())
            ),
            *_head("unbroken_statements_total", "counter", "Statements answered, by what became of them"),
            *(f'unbroken_statements_total{{code="{code}"}} {n}' for code, n in sorted(self._answers.items())),
            *self._histograms(),
            *self._live(lately),
            *self._mqtt(),
            *_head("unbroken_log_size", "gauge", "Entries in the log"),
            f"unbroken_log_size {log_size}",
            *_head("unbroken_projection_lag", "gauge", "Entries that the read models lack"),
            f"unbroken_projection_lag {lag}",
            *(_witnessed(witnesses, witnessed_size) if witnesses else ()),
            *(_stamped(authorities) if authorities else ()),
        ]
        return "\n".join(lines) + "\n"

    def _live(self, lately: Sequence[LiveRecording]) -> Iterable[str]:
        yield from _head("unbroken_live_packets_total", "counter", "Packets, by what became of them")
        for code, count in sorted(self._packets.items()):
            yield f'unbroken_live_packets_total{{code="{code}"}} {count}'
        yield from _head("unbroken_live_readings_total", "counter", "Readings in packets that were stored")
        yield f"unbroken_live_readings_total {self._readings}"
        for name, about in _OF_RECORDINGS.items():
            yield from _head(f"unbroken_live_{name}", "gauge", f"{about}, in recordings of the last day")
            yield f"unbroken_live_{name} {sum(getattr(one, name) for one in lately)}"

    def _mqtt(self) -> Iterable[str]:
        if self.mqtt:
            yield from _head("unbroken_mqtt_subscribed", "gauge", "Whether loggers are heard over MQTT")
            yield f"unbroken_mqtt_subscribed {int(self.mqtt.link.subscribed)}"
            yield from _head("unbroken_mqtt_messages_total", "counter", "Messages, by what became of them")
            for outcome, count in sorted(self.mqtt.messages.items()):
                yield f'unbroken_mqtt_messages_total{{outcome="{outcome}"}} {count}'

    def _histograms(self) -> Iterable[str]:
        yield from _head("unbroken_request_seconds", "histogram", "From a request to its answer")
        yield from self._durations.lines("unbroken_request_seconds")
        yield from _head("unbroken_batch_size", "histogram", "Statements handed to the ledger at once")
        yield from self._batches.lines("unbroken_batch_size")
        yield from _head("unbroken_commit_seconds", "histogram", "From handing a batch over to its answers")
        yield from self._commits.lines("unbroken_commit_seconds")


def _witnessed(witnesses: Sequence[Standing], size: int) -> Iterable[str]:
    """Names are those of the policy file."""
    named = [(json.dumps(one.name), one) for one in witnesses]
    yield from _head("unbroken_witnessed_size", "gauge", "Entries of the newest head that meets the policy")
    yield f"unbroken_witnessed_size {size}"
    yield from _head("unbroken_witness_size", "gauge", "Entries of the newest head that a witness cosigned")
    yield from (f"unbroken_witness_size{{witness={name}}} {one.size}" for name, one in named)
    yield from _head("unbroken_witness_failures", "gauge", "How often in a row a witness has failed")
    for name, one in named:
        yield f'unbroken_witness_failures{{witness={name},state="{one.state}"}} {one.failures}'


def _stamped(authorities: Sequence[StampStanding]) -> Iterable[str]:
    """Addresses are those that `serve` was given."""
    named = [(json.dumps(one.url), one) for one in authorities]
    yield from _head("unbroken_stamped_size", "gauge", "Entries of the newest head that an authority stamped")
    yield from (f"unbroken_stamped_size{{authority={name}}} {one.size}" for name, one in named)
    yield from _head("unbroken_stamped_seconds", "gauge", "The time of that stamp, since the epoch")
    yield from (f"unbroken_stamped_seconds{{authority={name}}} {one.at_ms / 1000}" for name, one in named)
    yield from _head("unbroken_stamp_failures", "gauge", "How often in a row an authority has failed")
    for name, one in named:
        yield f'unbroken_stamp_failures{{authority={name},state="{one.state}"}} {one.failures}'
    yield from _head("unbroken_stamps_due", "gauge", "Stamps that should have been renewed by now")
    yield from (f"unbroken_stamps_due{{authority={name}}} {one.due}" for name, one in named)


def _head(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}.", f"# TYPE {name} {kind}"
