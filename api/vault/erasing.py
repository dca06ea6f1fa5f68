"""What the log says is erased is destroyed: at the start all of it again, then as it is recorded."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from api.vault.rights import erasure_of, parts_of
from ledger.domain.erasure import ERASURES
from ledger.store.decode import entry_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.vault.vault import Vault
    from ledger.domain.world import Entry, World
    from ledger.store.recorder import LedgerRecorder

RETRY_S = 5.0

log = logging.getLogger("unbroken.vault")


class Erasing:
    """Follows the log in a thread of its own. Without a vault it does nothing."""

    def __init__(self, vault: Vault | None, recorder: LedgerRecorder, world: Callable[[], World]) -> None:
        self._vault, self._recorder, self._world = vault, recorder, world
        self._after = -1  # entries up to here were looked at
        self._turn = threading.Lock()
        self._quiet = True  # what was destroyed before the start is not told again
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="erasing", daemon=True)

    def start(self) -> None:
        """Destroys first what was erased before, so that nothing restored is served. Raises `Fault`."""
        if self._vault is not None:
            healed = self._vault.heal()
            if healed:
                log.warning("%d erased persons had come back with a backup, and were destroyed again", healed)
            self.catch_up()
            self._quiet = False
            self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        if self._vault is not None:
            self._recorder.arrivals.wake()
            self._thread.join()

    def _run(self) -> None:
        assert self._vault is not None
        size = 0
        while not self._stopped.is_set():
            try:
                if not self._recorder.arrivals.wait(size, self._stopped.is_set):
                    return
                size = self.catch_up()
            except Exception as error:  # whatever it is: what is erased must go, so it is tried again
                log.error("nothing was destroyed: %s", getattr(error, "code", type(error).__name__))
                self._stopped.wait(RETRY_S)

    def catch_up(self) -> int:
        """Destroy what entries since the last look erase; the size of the log that was looked at."""
        size, _ = self._recorder.head()
        with self._turn:
            for stored in self._recorder.by_tag(ERASURES, after=self._after, before=size):
                self._obey(entry_of(stored.position, stored.data, stored.recorded_ms))
                self._after = stored.position
        return size

    def _obey(self, entry: Entry) -> None:
        if self._erase(entry):
            log.info("what the vault held of a person went, as entry %d says", entry.position)
        elif not self._quiet:
            said = "entry %d erases a person whom this vault does not hold: keys in files are not reached"
            log.warning(said, entry.position)

    def _erase(self, entry: Entry) -> bool:
        """What the therapy's hospitals entered, for it and for the provisional chains that it took."""
        assert self._vault is not None
        world, coi = self._world(), entry.stream.removeprefix("chain/")
        under = [self._vault.rows.under(f"chain/{one}") for one in (coi, *world.chain(coi).taken_from)]
        reached = [one for subjects in under for one in subjects if erasure_of(world, *parts_of(one))]
        for subject in reached:
            self._vault.erase(subject, entry.statement_id, is_kept_in(world))
        return bool(reached)


def is_kept_in(world: World) -> Callable[[str], bool]:
    """Whether nothing has erased a subject."""
    return lambda subject: erasure_of(world, *parts_of(subject)) is None
