"""A logger's own side of live readings: what it measured is kept, signed, and sent until the ledger has it.

recorder.py   takes readings, one by one; each is durable before anything else happens to it
buffer.py     the file that holds them: readings, then packets, until the ledger has them
packets.py    which of its packets go out next, and what the ledger has of them
uplink.py     sends what the ledger does not have, over HTTP (`http.py`) or MQTT (`mqtt.py`)
running.py    does all of it at once, for `unbroken logger run`: lines in, packets out
"""
