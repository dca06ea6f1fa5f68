"""Who plays in the demo. Patients, companies and product are made up."""

from __future__ import annotations

from typing import Any

ORIGIN = "ledger.example/demo"
COI, OTHER = "isbt128:CHA999926000001", "isbt128:CHA999926000002"
CHAIN, OTHER_CHAIN = f"chain/{COI}", f"chain/{OTHER}"
FRESH, DOSE, OTHER_BAG = "A999926000001-F1", "A999926000001-D1", "A999926000002-F1"

COMPANIES = {
    "st-mary-trust": ["ada", "carl", "anna", "phil", "nora", "nils", "audrey"],
    "northcell": ["ben", "mia", "quinn"],
    "swift-cryo": ["cleo", "kit"],
}
ADMINISTRATORS = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo"}
SITES = {
    "st-mary": ("ada", "care"),
    "northcell-1": ("ben", "manufacturing"),
    "swift-depot": ("cleo", "courier"),
}
PEOPLE = {  # who: (enrolled by, second signer, role, site, qualification)
    "carl": ("ada", "", "coordinator", "st-mary", ""),
    "anna": ("ada", "", "apheresis", "st-mary", ""),
    "phil": ("ada", "", "physician", "st-mary", "bedside"),
    "nora": ("ada", "", "nurse", "st-mary", "bedside"),
    "nils": ("ada", "", "nurse", "st-mary", "bedside"),
    "audrey": ("ada", "", "auditor", "st-mary", ""),
    "mia": ("ben", "", "manufacturer", "northcell-1", ""),
    "quinn": ("ben", "ada", "quality", "northcell-1", "batch_release"),
    "kit": ("cleo", "", "courier", "swift-depot", ""),
}
APHERESIS = {"site": "st-mary", "department": "apheresis"}
WARD = {"site": "st-mary", "department": "ward-5"}
VAN = {"site": "swift-depot", "department": "van-2"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}
PLANNED: dict[str, Any] = {
    "collection": "st-mary",
    "manufacturing": ["northcell-1"],
    "treatment": "st-mary",
    "couriers": ["swift-depot"],
}
PRODUCT: dict[str, Any] = {
    "version": 1,
    "name": "Decentra-CAR example",
    "window_starts": "thaw_started",
    "window_s": 3600,
    "claim_limit_s": 86400,
    "countries": ["GB"],
    "sites": ["northcell-1"],
}
