"""Packets over MQTT: one message a batch, answered on the logger's own topic with what the ledger has.

The broker's acknowledgement says nothing: only the ledger's answer moves a packet. The answer does not
name refusals; a packet that stays out of what the ledger has is sent again later. Where nobody answers,
the ledger may have refused the whole batch: the sender finds out with another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from paho.mqtt.enums import MQTTErrorCode

from clients.logger.answers import Answer, covers, have_of
from clients.logger.packets import Held, Ranges
from clients.mqtt_broker import Broker
from ledger.errors import Fault

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

AGAIN_S = (1, 60)  # to the next try to connect, doubled each time
CONNECT_S = 10.0
ANSWER_S = 10.0  # the longest wait for what the ledger has of a batch
MORE_S = 1.0  # once each recording was answered, for answers to what went out with it


class MqttLink:
    """One logger at a broker. It connects with the first batch, and stays."""

    def __init__(self, broker: Broker, logger: str, answer_s: float = ANSWER_S) -> None:
        self._broker = broker
        self._logger = logger
        self._answer_s = answer_s
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        self._listening = threading.Event()
        self._why = "no answer yet"
        self._client: Client | None = None

    def close(self) -> None:
        if self._client:
            self._client.disconnect()
            self._client.loop_stop()

    def exchange(self, packets: Sequence[Held]) -> Answer:
        """Raises `Fault` `unreachable`: no broker."""
        self._client = self._client or self._connected()
        if not self._listening.wait(CONNECT_S):
            raise self._unreachable(self._why)
        while not self._answers.empty():  # to what was sent before; each says all, so the next does too
            self._answers.get()
        payload = b"".join(one.raw for one in packets)
        sent = self._client.publish(self._broker.readings_of(self._logger), payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._unreachable(str(sent.rc))
        return Answer(self._answered(packets), {})

    def _answered(self, packets: Sequence[Held]) -> dict[str, Ranges]:
        """What the ledger has of the recordings, once that covers the packets, or nothing more comes."""
        have: dict[str, Ranges] = {}
        recordings, until = {one.recording for one in packets}, time.monotonic() + self._answer_s
        while not all(covers(have.get(one.recording, ()), one) for one in packets):
            if recordings <= have.keys():
                until = min(until, time.monotonic() + MORE_S)
            try:
                have |= _have(self._answers.get(timeout=max(until - time.monotonic(), 0)))
            except Empty:
                break
        return have

    def _connected(self) -> Client:
        client = self._broker.new_client(kept=False)
        client.reconnect_delay_set(*AGAIN_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.loop_start()
        return client

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._why = f"it lets nobody in: {reason}"
        else:
            client.subscribe(self._broker.have(self._logger), qos=1)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._why = f"it gives no {self._broker.have(self._logger)}: {reasons[0]}"
        else:
            self._listening.set()

    def _on_connect_fail(self, _client: Client, _data: Any) -> None:
        self._why = "nobody answers there"

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        self._listening.clear()
        self._why = f"the connection ended: {reason}"

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._answers.put(bytes(message.payload))

    def _unreachable(self, why: str) -> Fault:
        return Fault("unreachable", f"MQTT at {self._broker.host} port {self._broker.port}: {why}")


def _have(payload: bytes) -> dict[str, Ranges]:
    """One recording's ranges; nothing of a message that is no answer, whoever sent it."""
    try:
        return have_of(payload)
    except Fault:
        return {}
