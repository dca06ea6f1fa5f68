"""Run by an interpreter that has `tlog-scales` and nothing of ours: URL, FOLDER, VKEY, COSIGNER, OLD SIZE."""

import json
import sys

from tlog_scales import tiles
from tlog_scales.backend import make_backend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint

url, folder, vkey, cosigner, old_size = sys.argv[1:]
served, copied = TilesReader(make_backend(url)), TilesReader(make_backend(folder))

# 1. The checkpoint: parsed, and both of the log's lines verified.
head = served.get_checkpoint()
head.verify(Vkey.from_string(vkey))
head.verify(Vkey.from_string(cosigner))

# 2. The tiles that the server publishes give the signed root.
assert served.calculate_root_hash() == head.root_hash

# 3. An older checkpoint is consistent with it, by a proof that their code makes and checks.
old = Checkpoint.from_text(make_backend(url).get(f"checkpoint.{old_size}").decode())
old.verify(Vkey.from_string(vkey))
served.get_consistency_proof(old.size, head.size).check(old.root_hash, head.root_hash)

# 4. Each entry of a downloaded copy is included.
copied.set_size(head.size)
for index in range(head.size):
    proof = served.get_inclusion_proof(index, head.size)
    proof.check(tiles.leaf_hash(copied.get_entry(index)), head.root_hash)

sys.stdout.write(json.dumps({"origin": head.origin, "size": head.size, "root": head.root_hash.hex()}))
