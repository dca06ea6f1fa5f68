"""The vault's keys: what opens a person's sealed identifiers, and what makes their commitments.

Sealed rows stand in the ledger's database (`ledger/store/vault.py`), the keys in a database of their
own, each wrapped by a master key that is in neither. Whoever has two of the three has nothing.
"""
