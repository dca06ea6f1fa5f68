"""Who and what is known: the log itself, its sites, people and devices, keys and products.

Each class is the fold of the entries with its tag. A fold is total: whatever the entry,
`apply` counts it and never raises, because what was recorded was judged before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ledger.domain.times import timestamp

if TYPE_CHECKING:
    from ledger.domain.registry_events import LogOpened, ProductVersionDefined
    from ledger.domain.world import Entry

LEDGER = "ledger"  # the signer's name of what the ledger itself says
TWO_PARTY_ROLES = frozenset({"administrator", "quality"})
KeyStatus = Literal["active", "retired", "revoked"]
Handler = Callable[[Any, "Entry", Any], None]
_NO_ROLES: frozenset[str] = frozenset()


def kid_of(key: str) -> str | None:
    """A key's id: hex SHA-256 of the SubjectPublicKeyInfo. None: not canonical base64url."""
    try:
        spki = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    if base64.urlsafe_b64encode(spki).rstrip(b"=").decode() != key:
        return None
    return hashlib.sha256(spki).hexdigest()


@dataclass(frozen=True, slots=True)
class PublishedApp:
    """A build of the app, named by the entry at `position`; `digest` as in `AppPublished`."""

    version: str
    digest: str
    files: int
    position: int


@dataclass(slots=True)
class LogState:
    """What the log's own stream says: entry 0, the rule set in force (0 before the first), the verifier
    key of the second signature on heads, if there is one, and the builds of the app, in the order of
    their publication."""

    origin: str
    version: int = 0
    genesis: LogOpened | None = None
    event_kid: str | None = None
    rule_set: int = 0
    second_key: str | None = None
    apps: list[PublishedApp] = field(default_factory=list)

    @property
    def log_key(self) -> str | None:
        """The C2SP verifier key of the checkpoints."""
        return self.genesis.log_key if self.genesis else None

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_LOG.get(entry.type)
        if handler:
            handler(self, entry, entry.event)

    def _opened(self, _: Entry, event: LogOpened) -> None:
        self.genesis = event
        self.event_kid = kid_of(event.event_key)

    def _rules_adopted(self, _: Entry, event: Any) -> None:
        self.rule_set = event.rule_set

    def _checkpoint_key_added(self, _: Entry, event: Any) -> None:
        self.second_key = self.second_key or event.vkey

    def _app_published(self, entry: Entry, event: Any) -> None:
        self.apps.append(PublishedApp(event.version, event.digest, event.files, entry.position))


_ON_LOG: dict[str, Handler] = {
    "LogOpened": LogState._opened,
    "RuleSetAdopted": LogState._rules_adopted,
    "CheckpointKeyAdded": LogState._checkpoint_key_added,
    "AppPublished": LogState._app_published,
}


@dataclass(slots=True)
class Site:
    """A place of one organisation. `position` proves its present status."""

    id: str
    version: int = 0
    organisation: str = ""
    kind: str = ""
    country: str = ""
    in_force: bool = False
    closed: bool = False
    position: int = -1

    @property
    def status(self) -> str:
        """In one word, for a sentence."""
        return "closed" if self.closed else "in force" if self.in_force else "suspended"

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_SITE.get(entry.type)
        if handler:
            self.position = entry.position
            handler(self, entry, entry.event)

    def _onboarded(self, _: Entry, event: Any) -> None:
        self.organisation = event.organisation
        self.kind = event.site_kind
        self.country = event.country
        self.in_force = True

    def _suspended(self, _: Entry, __: Any) -> None:
        self.in_force = False

    def _resumed(self, _: Entry, __: Any) -> None:
        self.in_force = not self.closed

    def _closed(self, _: Entry, __: Any) -> None:
        self.in_force, self.closed = False, True


_ON_SITE: dict[str, Handler] = {
    "SiteOnboarded": Site._onboarded,
    "SiteSuspended": Site._suspended,
    "SiteResumed": Site._resumed,
    "SiteClosed": Site._closed,
}


@dataclass(frozen=True, slots=True)
class Qualification:
    """Proved by the entry at `position`; counts before `expires_at`, which a withdrawal brings forward."""

    expires_at: str
    position: int


@dataclass(slots=True)
class Agent:
    """A person or device. `roles_at` holds only roles in effect, by site.

    Quality and administrator roles come into effect with `EnrolmentApproved`. A root
    administrator, named by genesis, is one in effect, without a site. After a change of
    roles, `enrolment` and `enrolled_by` are that change's: it is what has to be approved.
    """

    id: str
    version: int = 0
    organisation: str = ""
    enrolment: str | None = None  # statement id; of genesis for a root administrator
    enrolled_by: str | None = None
    approved_by: str | None = None
    named_roles: tuple[tuple[str, str], ...] = ()  # (role, site), pending ones included
    approved_roles: frozenset[tuple[str, str]] = frozenset()  # of those that take two signers
    roles_at: dict[str, frozenset[str]] = field(default_factory=dict)
    is_administrator: bool = False
    qualifications: dict[str, Qualification] = field(default_factory=dict)
    was_device: bool = False  # whatever became of the role
    passkeys: tuple[str, ...] = ()  # credentials, whatever became of them
    keys: frozenset[str] = frozenset()  # ids of those in force: neither retired nor revoked
    position: int = -1

    @property
    def is_pending(self) -> bool:
        """True while a quality or administrator role waits for its second signature."""
        return any(role in TWO_PARTY_ROLES for role, _ in set(self.named_roles) - self.approved_roles)

    @property
    def needs_two_signers(self) -> bool:
        return any(role in TWO_PARTY_ROLES for role, _ in self.named_roles)

    @property
    def roles(self) -> frozenset[str]:
        """Roles in effect, anywhere."""
        return _NO_ROLES.union(*self.roles_at.values())

    def has_role(self, roles: frozenset[str], site: str) -> bool:
        """True if one of `roles` is in effect at the site."""
        return not roles.isdisjoint(self.roles_at.get(site, _NO_ROLES))

    def is_qualified(self, qualification: str, moment: str) -> bool:
        """True if the qualification was granted and runs past the moment (text)."""
        held = self.qualifications.get(qualification)
        return held is not None and held.expires_at > moment

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_AGENT.get(entry.type)
        if handler:
            handler(self, entry, entry.event)

    def _log_opened(self, entry: Entry, event: LogOpened) -> None:
        for root in event.administrators:
            if root.agent == self.id:
                self.organisation = root.organisation
                self.enrolment = entry.statement_id
                self.approved_by = entry.signer
                self.is_administrator = True
                self.position = entry.position
                self._add_key(root.key)

    def _add_key(self, key: str) -> None:
        kid = kid_of(key)
        self.keys |= {kid} if kid else set()

    def _key_added(self, _: Entry, event: Any) -> None:
        self._add_key(event.key)

    def _key_ended(self, _: Entry, event: Any) -> None:
        self.keys -= {event.kid}

    def _enrolled(self, entry: Entry, event: Any) -> None:
        self.organisation = event.organisation
        self.enrolment = entry.statement_id
        self.enrolled_by = entry.signer
        self.position = entry.position
        self.named_roles = tuple((one.role, one.site) for one in event.roles)
        self._add_key(event.key)
        self._put_in_effect()

    def _roles_changed(self, entry: Entry, event: Any) -> None:
        """What they keep stays approved; what they gave up is approved anew if it comes back."""
        self.enrolment, self.enrolled_by = entry.statement_id, entry.signer
        self.position = entry.position
        self.named_roles = tuple((one.role, one.site) for one in event.roles)
        self.approved_roles &= frozenset(self.named_roles)
        self._put_in_effect()

    def _approved(self, entry: Entry, _: Any) -> None:
        self.approved_by = entry.signer
        self.approved_roles = frozenset(one for one in self.named_roles if one[0] in TWO_PARTY_ROLES)
        self._put_in_effect()

    def _put_in_effect(self) -> None:
        roles: dict[str, set[str]] = {}
        for role, site in self.named_roles:
            if role not in TWO_PARTY_ROLES or (role, site) in self.approved_roles:
                roles.setdefault(site, set()).add(role)
        self.roles_at = {site: frozenset(held) for site, held in roles.items()}
        self.was_device = self.was_device or "device" in self.roles
        self.is_administrator = "administrator" in self.roles

    def _qualified(self, entry: Entry, event: Any) -> None:
        self.qualifications[event.qualification] = Qualification(event.expires_at, entry.position)

    def _passkey_added(self, _: Entry, event: Any) -> None:
        self.passkeys = (*self.passkeys, event.credential)

    def _withdrawn(self, entry: Entry, event: Any) -> None:
        """It counts no more from when it was said, at the latest from when it was recorded."""
        held = self.qualifications.get(event.qualification)
        if held:
            ends = min(held.expires_at, event.occurred_at, timestamp(entry.recorded_ms))
            self.qualifications[event.qualification] = Qualification(ends, entry.position)


_ON_AGENT: dict[str, Handler] = {
    "LogOpened": Agent._log_opened,
    "AgentEnrolled": Agent._enrolled,
    "EnrolmentApproved": Agent._approved,
    "AgentRolesChanged": Agent._roles_changed,
    "QualificationGranted": Agent._qualified,
    "QualificationWithdrawn": Agent._withdrawn,
    "PasskeyAdded": Agent._passkey_added,
    "KeyAdded": Agent._key_added,
    "KeyRetired": Agent._key_ended,
    "KeyRevoked": Agent._key_ended,
}


@dataclass(slots=True)
class Key:
    """A public key. `position` is where its present status began: the tree, not a clock."""

    kid: str
    version: int = 0
    agent: str = ""
    status: KeyStatus = "active"
    position: int = -1

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_KEY.get(entry.type)
        if handler:
            self.position = entry.position
            handler(self, entry, entry.event)

    def _log_opened(self, entry: Entry, event: LogOpened) -> None:
        owners = {kid_of(root.key): root.agent for root in event.administrators}
        self.agent = owners.get(self.kid, entry.signer)

    def _added(self, entry: Entry, _: Any) -> None:
        self.agent = entry.stream.removeprefix("agent/")

    def _retired(self, _: Entry, __: Any) -> None:
        self.status = "retired"

    def _revoked(self, _: Entry, __: Any) -> None:
        self.status = "revoked"


_ON_KEY: dict[str, Handler] = {
    "LogOpened": Key._log_opened,
    "AgentEnrolled": Key._added,
    "KeyAdded": Key._added,
    "KeyRetired": Key._retired,
    "KeyRevoked": Key._revoked,
}


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """One version of a product's rules, proved by the entry at `position`."""

    rules: ProductVersionDefined
    position: int


@dataclass(slots=True)
class Product:
    """A product; versions are added, never changed.

    `owner` is the agent who defined the first one: that agent's organisation is the sponsor.
    """

    id: str
    version: int = 0
    owner: str = ""
    versions: dict[int, ProductVersion] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        self.version += 1
        if entry.type == "ProductVersionDefined":
            event: Any = entry.event
            self.owner = self.owner or entry.signer
            self.versions[event.version] = ProductVersion(event, entry.position)
