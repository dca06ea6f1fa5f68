"""From a temperature logger's own file to evidence. Pure: bytes in, values out.

`formats.read` finds whose file it is and reads it; `evidence.evidence` makes of it the members
of `TemperatureEvidenceAttached`. Nothing here reads a disk or a clock.
"""
