"""What `eventsourcing` asks for when an application starts: `PERSISTENCE_MODULE=ledger.store.factory`."""

from __future__ import annotations

from eventsourcing.dcb.persistence import DCBInfrastructureFactory
from eventsourcing.persistence import TrackingRecorder
from sqlalchemy import Engine

from ledger.errors import Fault
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder

DATABASE_URL = "UNBROKEN_DATABASE_URL"


class StoreFactory(DCBInfrastructureFactory[TrackingRecorder]):
    """Opens the database that `UNBROKEN_DATABASE_URL` names, its tables up to date."""

    _opened: tuple[Engine, LedgerRecorder] | None = None

    def dcb_recorder(self) -> LedgerRecorder:
        """The recorder of this database; the same one on every call. Raises `Fault`."""
        if self._opened is None:
            url = self.env.get(DATABASE_URL)
            if not url:
                raise Fault("store_unavailable", f"{DATABASE_URL} names no database")
            engine = open_engine(url)
            migrate(engine)
            self._opened = (engine, LedgerRecorder(engine))
        return self._opened[1]

    def close(self) -> None:
        """Close every connection. What was appended is on the disk already."""
        opened, self._opened = self._opened, None
        if opened is not None:
            engine, recorder = opened
            recorder.close()
            engine.dispose()
