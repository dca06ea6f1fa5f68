"""Temperature as a picture: a therapy's readings in, the text of an SVG out.

`therapy.py` makes the values of a `Chart` from a chain, `drawing.py` makes the picture of them. No
disk, no clock, no script, no font of its own: the same values give the same bytes.
"""
