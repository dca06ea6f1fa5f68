"""A witness: whoever runs one sees to it that a log shows everybody the same history.

It needs none of the ledger: a key, the keys of the logs that it follows, and one small file of
what it cosigned last (c2sp.org/tlog-witness).
"""
