"""Who plays in the demo. Patients, companies and product are made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]

ORIGIN = "ledger.example/demo"


@dataclass(frozen=True, slots=True)
class Patient:
    """`called` and `identifiers` stay in the hospital: the ledger gets commitments only."""

    called: str
    coi: str
    identifiers: dict[str, str]
    fresh: str
    doses: tuple[str, ...]

    @property
    def stream(self) -> str:
        return f"chain/{self.coi}"


FIRST = Patient(
    "Mrs Example",
    "isbt128:CHA999926000001",
    {"family_name": "Example", "birth_date": "1961-04-23", "record_number": "MRN 00123"},
    "A999926000001-F1",
    ("A999926000001-D1", "A999926000001-D2"),
)
SECOND = Patient(
    "Mr Specimen",
    "isbt128:CHA999926000002",
    {"family_name": "Specimen", "birth_date": "1958-11-02", "record_number": "MRN 00456"},
    "A999926000002-F1",
    ("A999926000002-D1",),
)
PATIENTS = (FIRST, SECOND)  # whose therapies are told from vein to vein
THIRD = Patient(
    "Ms Placeholder",
    "isbt128:CHA999926000003",
    {"family_name": "Placeholder", "birth_date": "1974-08-15", "record_number": "MRN 00789"},
    "A999926000003-F1",
    (),
)
FOURTH = Patient(
    "Mr Pattern",
    "isbt128:CHA999926000004",
    {"family_name": "Pattern", "birth_date": "1949-07-30", "record_number": "MRN 01011"},
    "A999926000004-F1",
    ("A999926000004-D1", "A999926000004-D2"),
)
WAITING = (THIRD, FOURTH)  # whose therapies wait for whoever tries the app
OFFERED = (THIRD.fresh, "A999926000003-F2")  # the third patient's bags, on offer to the courier
TRIED, RESERVE = "A999926000002-F2", "A999926000002-F3"  # the two halves of the second patient's cells
LABELS = {
    **dict(zip((*FIRST.doses, *SECOND.doses), ("UB-000101", "UB-000102", "UB-000201"), strict=True)),
    **dict(zip((*OFFERED, *FOURTH.doses), ("UB-000301", "UB-000302", "UB-000401", "UB-000402"), strict=True)),
}
SHEET = "UB-000103"  # on the shipper

# --- companies, places, people ---------------------------------------------------------

COMPANIES = {  # the last of Swift Cryo's is no person: a logger with a key of its own
    "st-mary-trust": ["ada", "carl", "anna", "phil", "nora", "nils", "petra", "audrey"],
    "northcell": ["ben", "mia", "omar", "lena", "quinn"],
    "swift-cryo": ["cleo", "kit", "logger-12"],
}
ADMINISTRATORS = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo"}
SITES = {
    "st-mary": ("ada", "care"),
    "northcell-1": ("ben", "manufacturing"),
    "northcell-2": ("ben", "manufacturing"),
    "swift-depot": ("cleo", "courier"),
}
ENROLLED = {  # who: (enrolled by, second signer, role, sites, qualification)
    "carl": ("ada", "", "coordinator", ["st-mary"], ""),
    "anna": ("ada", "", "apheresis", ["st-mary"], ""),
    "phil": ("ada", "", "physician", ["st-mary"], "bedside"),
    "nora": ("ada", "", "nurse", ["st-mary"], "bedside"),
    "nils": ("ada", "", "nurse", ["st-mary"], "bedside"),
    "petra": ("ada", "ben", "quality", ["st-mary"], ""),
    "audrey": ("ada", "", "auditor", ["st-mary"], ""),
    "mia": ("ben", "", "manufacturer", ["northcell-1"], ""),
    "omar": ("ben", "", "manufacturer", ["northcell-2"], ""),
    "lena": ("ben", "", "cell_lab", ["northcell-1", "northcell-2"], ""),
    "quinn": ("ben", "ada", "quality", ["northcell-1", "northcell-2"], "batch_release"),
    "kit": ("cleo", "", "courier", ["swift-depot"], ""),
    "logger-12": ("cleo", "", "device", ["swift-depot"], ""),
}
EQUIPMENT = {  # what: (registered by, site, kind, model, serial)
    "platform-2": ("ben", "northcell-1", "platform", "CELLBOX", "CB-0117"),
    "platform-5": ("ben", "northcell-2", "platform", "CELLBOX", "CB-0240"),
    "logger-12": ("cleo", "swift-depot", "logger", "THERMO", "TH-0012"),
}
APHERESIS = {"site": "st-mary", "department": "apheresis"}
WARD = {"site": "st-mary", "department": "ward-5"}
VAN = {"site": "swift-depot", "department": "van-2"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}
OTHER_CLEANROOM = {"site": "northcell-2", "department": "cleanroom"}

# --- the product, and what it is made with ---------------------------------------------

PLANNED: Fields = {
    "collection": "st-mary",
    "manufacturing": ["northcell-1", "northcell-2"],
    "treatment": "st-mary",
    "couriers": ["swift-depot"],
}
# The demo's clock is the real one, so a drive lasts seconds, and no second outside the band is borne.
NO_TIME_OUTSIDE: Fields = {"longest_excursion_s": 0, "cumulative_excursion_s": 0, "largest_gap_s": 600}
PRODUCT: Fields = {
    "version": 1,
    "name": "Decentra-CAR example",
    "window_starts": "thaw_started",
    "window_s": 1800,
    "claim_limit_s": 86400,
    "countries": ["GB"],
    "sites": ["northcell-1", "northcell-2"],
    "temperature": [
        {"phase": "fresh", "low_centi_c": 200, "high_centi_c": 800, "required": True} | NO_TIME_OUTSIDE,
        {"phase": "frozen", "high_centi_c": -12000, "required": True} | NO_TIME_OUTSIDE,
    ],
    "specifications": [
        {
            "country": "GB",
            "tests": [
                {"test": "viability", "unit": "percent", "min_milli": 70_000, "required": True,
                 "may_be_pending": False},
            ],
        }
    ],
    "required_checks": ["identity_test"],
}  # fmt: skip
LOT = "lv-2026-117"
LOT_RECEIVED: Fields = {
    "organisation": "northcell",
    "site": "northcell-1",
    "material": "vector",
    "supplier_lot": "LV 2026/117",
}
