"""The `eventsourcing` library's own conformance suite, on each engine; and its factory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.application import DCBApplication
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, ProgrammingError

from ledger.errors import Fault
from ledger.proof import statement
from ledger.proof.keyfile import new_key
from ledger.store.factory import StoreFactory
from ledger.store.recorder import LedgerRecorder, identify
from tests.store.log import new, store

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Application(DCBApplication):
    env: ClassVar = {"PERSISTENCE_MODULE": "ledger.store.factory"}


def test_the_librarys_suite_of_append_and_read_passes(recorder: LedgerRecorder) -> None:
    DCBRecorderTestCase()._test_append_read(recorder)


def test_the_librarys_suite_of_append_and_subscribe_passes(recorder: LedgerRecorder) -> None:
    DCBRecorderTestCase()._test_append_subscribe(recorder)


def test_an_application_of_the_library_starts_on_our_factory(database_url: str) -> None:
    with Application({"UNBROKEN_DATABASE_URL": database_url}) as application:
        recorder = application.recorder
        assert isinstance(recorder, LedgerRecorder)
        store(recorder, new("chain/a"))
        assert application.factory.dcb_recorder() is recorder
    with Application({"UNBROKEN_DATABASE_URL": database_url}) as application:
        assert [one.position for one in application.recorder.read()] == [1]


def test_a_factory_without_a_database_says_which_setting_it_needs() -> None:
    with pytest.raises(Fault, match="UNBROKEN_DATABASE_URL"):
        StoreFactory({}).dcb_recorder()


def test_reading_goes_on_past_a_page_and_stops_at_the_head_it_began_with(recorder: LedgerRecorder) -> None:
    store(recorder, *[new("chain/a" if number % 2 else "chain/b") for number in range(1_700)])
    response = recorder.read(DCBQuery([DCBQueryItem(tags=["chain/a"])]))
    first = next(response)
    store(recorder, new("chain/a"))
    rest = list(response)
    assert response.head == 1_700
    assert [first.position] + [one.position for one in rest] == list(range(2, 1_701, 2))


def test_tags_come_back_in_the_order_given(recorder: LedgerRecorder) -> None:
    recorder.append([DCBEvent("Noted", b"x", ["z/1", "a/1", "m/1"])])
    assert next(recorder.read()).event.tags == ["z/1", "a/1", "m/1"]


def test_an_event_without_tags_has_none(recorder: LedgerRecorder) -> None:
    recorder.append([DCBEvent("Noted", b"x", [])])
    assert next(recorder.read()).event.tags == []


def test_a_failed_condition_stores_nothing(recorder: LedgerRecorder, engine: Engine) -> None:
    recorder.append([DCBEvent("Noted", b"x", ["chain/a"])])
    query = DCBQuery([DCBQueryItem(tags=["chain/a"])])
    with pytest.raises(IntegrityError):
        recorder.append([DCBEvent("Noted", b"y", ["chain/a"])], DCBAppendCondition(query, after=0))
    assert recorder.append([DCBEvent("Noted", b"y", ["chain/a"])], DCBAppendCondition(query, after=1)) == 2


def test_append_needs_events_and_a_seal(recorder: LedgerRecorder, engine: Engine) -> None:
    with pytest.raises(ProgrammingError):
        recorder.append([])
    with pytest.raises(ProgrammingError):
        LedgerRecorder(engine).append([DCBEvent("Noted", b"x")])


def test_what_the_library_appends_is_known_by_its_signed_bytes() -> None:
    key, cti = new_key(), bytes(range(16))
    raw = statement.sign(key, iss="anna", sub="chain/x", aud="log", cti=cti, payload=b"{}")
    assert identify(raw) == (statement.parse(raw).id, key.public.kid + cti)
