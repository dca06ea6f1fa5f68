"""Readings that a logger signs and sends as they are measured. Pure: bytes in, values out.

`packet` is what a logger signs, `segment` what the ledger keeps and seals of it as a logger's own
file. Nothing here reads a disk or a clock.
"""
