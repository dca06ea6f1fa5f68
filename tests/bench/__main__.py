"""`make bench`: every ratio that is asked for, as tables. `ARGS="ingest audit"` picks some."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING

from tests.bench import (
    alarms,
    app,
    audit,
    browser,
    bundle,
    catchup,
    charts,
    cold_chain,
    export,
    growth,
    http,
    ingest,
    labels,
    live,
    reading,
)
from tests.bench.table import RUNS, Row, show

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "ingest": ("Durable ingest through the application", ingest.run),
    "http": ("Ingest through HTTP", http.run),
    "postgres": ("PostgreSQL", http.postgres_rows),
    "chain": ("Loading one chain", reading.chain_load),
    "proofs": ("Inclusion proofs and memory", reading.proofs),
    "growth": ("The infusion check as the log grows", growth.run),
    "catchup": ("Projections that catch up", catchup.run),
    "audit": ("Audit of a whole log", audit.run),
    "bundle": ("Bundles of evidence", bundle.run),
    "browser": ("Bundles in the page that lies in them", browser.run),
    "labels": ("Labels, drawn and encoded", labels.run),
    "live": ("Live readings by MQTT", live.run),
    "cold_chain": ("Loggers and temperatures", cold_chain.run),
    "export": ("EPCIS and FHIR", export.run),
    "charts": ("Temperature charts", charts.run),
    "alarms": ("Alarms, from a packet to whoever is called", alarms.run),
    "app": ("The app, from a label to the verdict", app.run),
}


def main() -> int:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, medians of {RUNS} runs")
    missed = 0
    for name in sys.argv[1:] or PARTS:
        title, run = PARTS[name]
        rows = run()
        show(title, rows)
        missed += sum(not row.met for row in rows)
    print(f"\n{missed} of the wanted ratios not met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
