"""Signatures checked beside the interpreter that decides: in processes of their own.

A signature takes longer to check than all the rest of a statement, and threads that come back
from it have to wait for the interpreter's lock each time. A process has a lock of its own.
"""
