"""The connection to the broker: kept up, and acknowledged by hand.

A message is acknowledged when the ledger has it, not when it arrives; until then the broker keeps it
and sends it again on the next connection. Its number belongs to one connection: on the next, the
broker may have given it to another message. So an acknowledgement that comes too late is dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from paho.mqtt.enums import MQTTErrorCode

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
    from paho.mqtt.reasoncodes import ReasonCode

    from clients.mqtt_broker import Broker

FAREWELL_S = 2
AGAIN_S = (1, 60)  # to the next try, doubled each time

log = logging.getLogger("unbroken.mqtt")


class Message(NamedTuple):
    """As it came. `connection` and `number`: by which it is acknowledged. `payload` None: not kept."""

    connection: int
    number: int
    qos: int
    payload: bytes | None


class Link:
    """`arrived` is called in the link's own thread: it must be short, and never fail."""

    def __init__(self, broker: Broker, arrived: Callable[[Message], None]) -> None:
        self._broker = broker
        self._arrived = arrived
        self._connection = 0  # another one while there is none
        self._changing = Lock()
        self._said = ""
        self._last: MQTTMessageInfo | None = None
        self.subscribed = False
        self._client = self._new_client()

    def open(self) -> None:
        """Connect, now or whenever the broker can be reached. Returns at once."""
        self._client.loop_start()

    def close(self) -> None:
        """Say goodbye. The broker keeps the session, and what was not acknowledged.

        First wait for what we said last: a socket that is closed with something unread takes with it
        what the broker has not read yet, acknowledgements too.
        """
        with suppress(RuntimeError, ValueError):  # it went away meanwhile
            if self.subscribed and self._last:
                self._last.wait_for_publish(FAREWELL_S)
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """In the order of their arrival, as MQTT asks (5.0, section 4.6). Any thread."""
        with self._changing:
            for message in messages:
                if message.connection == self._connection:
                    self._client.ack(message.number, message.qos)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Whether it is under way. Any thread."""
        if not self.subscribed:
            return False
        self._last = self._client.publish(topic, payload, qos=1)
        return self._last.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _new_client(self) -> Client:
        client = self._broker.new_client()
        client.reconnect_delay_set(*AGAIN_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._arrived(Message(self._connection, message.mid, message.qos, bytes(message.payload)))

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._say(f"the broker lets nobody in: {reason}")
            return
        with self._changing:
            self._connection += 1
        client.subscribe(self._broker.readings, qos=1)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        self.subscribed = not refused
        topics = self._broker.readings
        self._say(f"the broker gives no {topics}: {refused[0]}" if refused else f"listening to {topics}")

    def _on_connect_fail(self, _client: Client, _data: Any) -> None:
        self._say(f"no broker at {self._broker.host} port {self._broker.port}; it is tried again")

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        """Before the next connection begins, so that nothing of this one is acknowledged there."""
        self.subscribed = False
        with self._changing:
            self._connection += 1
        if reason.is_failure:
            self._say(f"the connection to the broker ended: {reason}")

    def _say(self, what: str) -> None:
        """Once, until something else is to be said."""
        if what != self._said:
            log.log(logging.INFO if self.subscribed else logging.WARNING, what)
        self._said = what
