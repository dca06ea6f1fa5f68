"""Decisions about the registry: the log itself, sites, people, keys, products.

Each raises `Refused` (or a kind of it) and otherwise lets the decision pass. Two-person
rules: quality and administrator roles take effect with the signature of an administrator
who did not enrol them; and an administrator cannot add a key to somebody with such a role,
because with it one administrator alone could sign as Quality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ledger.domain import passkeys
from ledger.domain.policy import permits
from ledger.domain.registry import LEDGER, Agent, kid_of
from ledger.domain.site_rules import require_not_closed, require_own_site, require_site
from ledger.domain.specifications import require_sound_specifications, require_sound_window
from ledger.domain.standing import may_read_all
from ledger.domain.supply_rules import SUPPLY_CHECKS
from ledger.domain.times import timestamp
from ledger.errors import Conflict, Malformed, NotPermitted, Refused, Unauthentic

if TYPE_CHECKING:
    from ledger.domain.export_events import ExportRequested
    from ledger.domain.parts import RoleAtSite
    from ledger.domain.registry_events import (
        AgentEnrolled,
        AgentRolesChanged,
        AppPublished,
        CheckpointKeyAdded,
        EnrolmentApproved,
        KeyAdded,
        KeyRetired,
        KeyRevoked,
        LogOpened,
        ProductVersionDefined,
        QualificationGranted,
        QualificationWithdrawn,
        RuleSetAdopted,
        SiteOnboarded,
    )
    from ledger.domain.world import Entry, World

RULE_SET = 1  # the newest rule set that this program knows
ORGANISATIONS_NEEDED = 2  # who opens a log alone could enrol whomever they like


def check_genesis(entry: Entry, world: World) -> None:
    """Entry 0, signed with the event key that it names itself.

    Raises `Conflict` `log_already_open`, `Unauthentic` `wrong_stream` or `wrong_signer`,
    `Refused` `bad_genesis`, `Malformed` `malformed_key`.
    """
    event: Any = entry.event
    if world.log().genesis is not None or entry.position != 0:
        raise Conflict("log_already_open", "a log is opened once, at position 0")
    if entry.stream != f"log/{event.origin}" or event.origin != world.origin:
        raise Unauthentic("wrong_stream", f"{entry.stream!r} and {event.origin!r} are not {world.origin!r}")
    if entry.signer != LEDGER or entry.kid != _kid(event.event_key):
        raise Unauthentic("wrong_signer", "genesis is signed by the ledger with the event key that it names")
    _check_roots(event)


def _check_roots(event: LogOpened) -> None:
    roots = event.administrators
    if (event.seq, event.prev, event.seen) != (0, None, None):
        raise Refused("bad_genesis", "genesis is the event key's first statement and has seen nothing")
    if len({root.organisation for root in roots}) < ORGANISATIONS_NEEDED:
        raise Refused("bad_genesis", "the root administrators must come from at least two organisations")
    agents = {root.agent for root in roots} | {LEDGER}
    keys = {_kid(root.key) for root in roots} | {_kid(event.event_key)}
    if len(agents) <= len(roots) or len(keys) <= len(roots):
        raise Refused("bad_genesis", "root administrators and keys must all differ")


def check_registry_decision(entry: Entry, agent: Agent, world: World) -> None:
    """Role and relation first, then what the decision itself needs.

    Raises `NotPermitted`, `Conflict`, `Refused`, `Malformed` (a key that is not base64url).
    """
    require_permission(entry, agent, world)
    _CHECKS[entry.event.type](entry, entry.event, world)


def require_permission(entry: Entry, agent: Agent, world: World) -> None:
    """Raises `NotPermitted` `not_permitted`."""
    if not permits(entry, agent, world):
        held = ", ".join(sorted(agent.roles)) or ("administrator" if agent.is_administrator else "no role")
        detail = f"{entry.signer} ({held}) may not say {entry.event.type} about {entry.stream}"
        raise NotPermitted("not_permitted", detail)


def require_sites(sites: Iterable[str], world: World) -> None:
    """Raises `Refused`: `unknown_site`, `site_not_in_force`."""
    for name in sites:
        site = world.site(name)
        if site is None:
            raise Refused("unknown_site", f"the site {name!r} was never onboarded")
        if not site.in_force:
            raise Refused("site_not_in_force", f"the site {name!r} is {site.status}")


def _rules_adopted(_: Entry, event: RuleSetAdopted, world: World) -> None:
    in_force = world.log().rule_set
    if event.rule_set <= in_force:
        raise Conflict("rule_set_not_newer", f"rule set {in_force} is in force already")
    if event.rule_set > RULE_SET:
        raise Refused("unknown_rule_set", f"this program knows the rules up to set {RULE_SET}")


def _checkpoint_key_added(_: Entry, event: CheckpointKeyAdded, world: World) -> None:
    """One for ever, as the log's own: whoever pinned it would else have to believe the log about the next."""
    if world.log().second_key is not None:
        raise Conflict("second_key_exists", "the log has a second key for its heads already")
    if event.vkey.partition("+")[0] != world.origin:
        raise Unauthentic("wrong_log", f"the second key has another name than the log, {world.origin!r}")


def _app_published(_: Entry, event: AppPublished, world: World) -> None:
    """An older build may be published again, should the newest turn out to be bad."""
    newest = world.log().apps[-1:]
    if newest and newest[0].digest == event.digest:
        raise Conflict("app_published_already", f"position {newest[0].position} publishes this very build")


def _export_requested(entry: Entry, event: ExportRequested, world: World) -> None:
    if event.scope == "log" and not may_read_all(_agent(entry, world)):
        raise NotPermitted("not_permitted", "the whole log is for auditors to take away")
    if event.scope == "site":
        require_site(str(event.which), world)
    if event.scope == "lot" and world.lot(str(event.which)) is None:
        raise Refused("unknown_lot", f"the lot {event.which!r} was never received")


def _site_onboarded(entry: Entry, _: SiteOnboarded, world: World) -> None:
    if world.site(_name(entry)) is not None:
        raise Conflict("site_exists", f"{entry.stream} was onboarded before")


def _site_suspended(entry: Entry, _: Any, world: World) -> None:
    site = world.site(_name(entry))
    if site is None:
        raise Refused("unknown_site", f"{entry.stream} was never onboarded")
    require_not_closed(site)
    if not site.in_force:
        raise Conflict("already_suspended", f"{entry.stream} is suspended already")


def _site_resumed(entry: Entry, _: Any, world: World) -> None:
    site = world.site(_name(entry))
    if site is None:
        raise Refused("unknown_site", f"{entry.stream} was never onboarded")
    require_not_closed(site)
    if site.in_force:
        raise Conflict("not_suspended", f"{entry.stream} is in force already")


def _site_closed(entry: Entry, _: Any, world: World) -> None:
    require_not_closed(require_site(_name(entry), world))


def _agent_enrolled(entry: Entry, event: AgentEnrolled, world: World) -> None:
    name = _name(entry)
    if name == LEDGER or world.agent(name) is not None:
        raise Conflict("agent_exists", f"{name!r} is taken: an agent is enrolled once")
    _require_own_sites(event.roles, event.organisation, world)
    _require_new_key(event.key, world)


def _require_own_sites(roles: Iterable[RoleAtSite], organisation: str, world: World) -> None:
    for role in roles:
        require_own_site(role.site, organisation, world)


def _roles_changed(entry: Entry, event: AgentRolesChanged, world: World) -> None:
    agent = _known_agent(entry, world)
    if agent.id == entry.signer:
        raise NotPermitted("same_signer", "nobody changes their own roles: another administrator does")
    _require_own_sites(event.roles, agent.organisation, world)


def _enrolment_approved(entry: Entry, event: EnrolmentApproved, world: World) -> None:
    agent = _known_agent(entry, world)
    if event.enrolment != agent.enrolment:
        raise Refused("unknown_enrolment", f"{event.enrolment} is not the newest enrolment of {agent.id!r}")
    if not agent.is_pending:
        raise Conflict("nothing_to_approve", f"no role of {agent.id!r} waits for an approval")
    if entry.signer in (agent.enrolled_by, agent.id):
        raise NotPermitted("same_signer", "the second signature must be another administrator's")


def _qualification_granted(entry: Entry, _: QualificationGranted, world: World) -> None:
    agent = _known_agent(entry, world)
    if agent.id == entry.signer:
        raise NotPermitted("same_signer", "nobody grants a qualification to themselves")


def _qualification_withdrawn(entry: Entry, event: QualificationWithdrawn, world: World) -> None:
    agent = _known_agent(entry, world)
    if not agent.is_qualified(event.qualification, timestamp(entry.recorded_ms)):
        raise Conflict(
            "qualification_not_held", f"{agent.id!r} is not qualified for {event.qualification!r} now"
        )


def _key_added(entry: Entry, event: KeyAdded, world: World) -> None:
    agent = _known_agent(entry, world)
    if entry.signer != agent.id and (agent.needs_two_signers or agent.is_administrator):
        detail = f"{agent.id!r} has a role that takes two signers: they add their own keys, or enrol anew"
        raise NotPermitted("needs_two_signers", detail)
    _require_new_key(event.key, world)


def _key_retired(entry: Entry, event: KeyRetired, world: World) -> None:
    _require_status(entry, event.kid, world, ("active",))


def _key_revoked(entry: Entry, event: KeyRevoked, world: World) -> None:
    _require_status(entry, event.kid, world, ("active", "retired"))


def _require_status(entry: Entry, kid: str, world: World, allowed: tuple[str, ...]) -> None:
    key = world.key(kid)
    if key is None or key.agent != _name(entry):
        raise Refused("not_their_key", f"{kid} is not a key of {_name(entry)!r}")
    if key.status not in allowed:
        raise Conflict("key_already_out", f"{kid} is {key.status} since position {key.position}")


def _product_defined(entry: Entry, event: ProductVersionDefined, world: World) -> None:
    product = world.product(_name(entry))
    expected = max(product.versions, default=0) + 1 if product else 1
    if event.version != expected:
        raise Conflict("version_not_next", f"the next version of {_name(entry)!r} is {expected}")
    for name in event.sites:
        if world.site(name) is None:
            raise Refused("unknown_site", f"the site {name!r} was never onboarded")
    require_sound_specifications(event)
    require_sound_window(event)


def _name(entry: Entry) -> str:
    return entry.stream.partition("/")[2]


def _agent(entry: Entry, world: World) -> Agent:
    return world.agent(entry.signer) or Agent(entry.signer)


def _known_agent(entry: Entry, world: World) -> Agent:
    agent = world.agent(_name(entry))
    if agent is None:
        raise Refused("unknown_agent", f"{_name(entry)!r} was never enrolled")
    return agent


def _kid(key: str) -> str:
    kid = kid_of(key)
    if kid is None:
        raise Malformed("malformed_key", "expected canonical base64url of a SubjectPublicKeyInfo")
    return kid


def _require_new_key(key: str, world: World) -> None:
    """A key belongs to one agent, for ever: its statements must never change hands."""
    kid = _kid(key)
    if world.key(kid) is not None:
        raise Conflict("key_in_use", f"the key {kid} was enrolled before")


_CHECKS: dict[str, Callable[[Entry, Any, World], None]] = {
    "RuleSetAdopted": _rules_adopted,
    "CheckpointKeyAdded": _checkpoint_key_added,
    "AppPublished": _app_published,
    "ExportRequested": _export_requested,
    "SiteOnboarded": _site_onboarded,
    "SiteSuspended": _site_suspended,
    "SiteResumed": _site_resumed,
    "SiteClosed": _site_closed,
    "AgentEnrolled": _agent_enrolled,
    "EnrolmentApproved": _enrolment_approved,
    "AgentRolesChanged": _roles_changed,
    "QualificationGranted": _qualification_granted,
    "QualificationWithdrawn": _qualification_withdrawn,
    "KeyAdded": _key_added,
    "KeyRetired": _key_retired,
    "KeyRevoked": _key_revoked,
    "PasskeyAdded": passkeys.check_added,
    "PasskeyRevoked": passkeys.check_revoked,
    "ProductVersionDefined": _product_defined,
    **SUPPLY_CHECKS,
}
