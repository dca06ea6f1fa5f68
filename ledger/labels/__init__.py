"""Labels: what a printer puts on a bag, from data to one bitmap in four formats.

    Content + Template  →  draw()  →  Picture  →  PNG, SVG, PDF, ZPL

Pure: no clock, no randomness, no network. All four formats carry the same bitmap, so that
they agree module for module. Nothing personal can stand on a label: `Content` has no place
for it.

Import from the modules: `link` needs nothing, what draws needs the server's extra.
"""
