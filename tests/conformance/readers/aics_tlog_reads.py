"""Run by an interpreter that has `aics-tlog` and nothing of ours: URL, FOLDER, VKEY, COSIGNER, OLD SIZE."""

import json
import sys
from urllib.request import urlopen

import aics_tlog
from aics_tlog import FileSystemTileReader, consistency_proof_from_tiles, inclusion_proof_from_tiles
from aics_tlog.checkpoint import checkpoint_from_note
from aics_tlog.remote import HttpTileReader
from aics_tlog.verified import audit_tiles

url, folder, vkey, cosigner, old_size = sys.argv[1:]
served, copied = HttpTileReader(url, proxies={}), FileSystemTileReader(folder)


def opened(data):
    """The checkpoint, its log line verified; the log's cosignature counted as one of its kind."""
    head, note = checkpoint_from_note(data.decode())
    found = aics_tlog.verify_checkpoint(
        note, aics_tlog.parse_vkey(vkey), [aics_tlog.parse_vkey(cosigner)], 1, expected_origin=head.origin
    )
    assert found.ok, found
    return head


# 1. The checkpoint, and an older one.
head = opened(served.read_checkpoint())
with urlopen(f"{url}/checkpoint.{old_size}") as answer:
    old = opened(answer.read())

# 2. Every tile that the server publishes, and every entry bundle of a downloaded copy, under that root.
audit_tiles(served, head.size, head.root, entries=False)
audit_tiles(copied, head.size, head.root, entries=True)

# 3. Proofs that their code makes from our tiles, and checks.
proof = consistency_proof_from_tiles(served, old.size, head.size)
assert aics_tlog.verify_consistency(old.size, head.size, old.root, head.root, proof)
for index in range(head.size):
    entry = aics_tlog.read_entry(copied, index, head.size)
    proof = inclusion_proof_from_tiles(served, index, head.size)
    assert aics_tlog.verify_leaf_inclusion(entry, index, head.size, proof, head.root)

sys.stdout.write(json.dumps({"origin": head.origin, "size": head.size, "root": head.root.hex()}))
