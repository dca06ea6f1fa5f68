"""The image and the composed nodes keep what the how-to promises, as far as can be read from them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from sqlalchemy import make_url
from typer.main import get_command

from api.routes.health import router
from api.server import app
from api.witness.program import app as witness
from tests.unit.documents import ROOT

FOLDER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
LIVE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.live.yaml").read_text(encoding="utf-8"))
NODES = ("node-a", "node-b")
WITNESS = (ROOT / "docs" / "how-to" / "witness.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "run-in-containers.md").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word]


def last_stage() -> dict[str, str]:
    """The last instruction of each kind in the stage that becomes the image."""
    steps = instructions()
    start = max(at for at, (word, _) in enumerate(steps) if word == "FROM")
    return dict(steps[start:])


def health_check() -> list[str]:
    return json.loads(last_stage()["HEALTHCHECK"].partition("CMD ")[2])


def parsed(words: list[str]) -> Any:
    """The context that the real command makes of these words; it is not run. Raises a `UsageError`."""
    program, name, *arguments = words
    assert program == "unbroken-server"
    return get_command(app).commands[name].make_context(name, list(arguments))


def init_of_the_how_to() -> list[str]:
    joined = HOW_TO.replace("\\\n", " ")
    (given,) = re.findall(r"run --rm init (.*)", joined)
    return [*SERVICES["init"]["entrypoint"], *shlex.split(given)]


def volumes(service: str) -> dict[str, str]:
    """Where each volume of a service is mounted, and what is mounted there with its mode."""
    parts = (one.split(":", 2) for one in SERVICES[service]["volumes"])
    return {at: ":".join([source, *mode]) for source, at, *mode in parts}


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server that answers everything with `status`: its port, and the paths it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


# --- the image -------------------------------------------------------------------------


def test_the_image_has_stages_and_only_the_first_sees_the_sources() -> None:
    words = [word for word, _ in instructions()]
    assert words.count("FROM") == 2
    assert not {"COPY", "ADD"} & last_stage().keys()
    assert "from=build,source=/wheels" in last_stage()["RUN"]
    assert "--no-index" in last_stage()["RUN"]


def test_the_image_does_not_run_as_root() -> None:
    user, _, group = last_stage()["USER"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_the_data_directory_is_a_volume_of_that_user() -> None:
    user, _, group = last_stage()["USER"].partition(":")
    made = [rest for word, rest in instructions() if word == "RUN" and "install -d" in rest]
    assert last_stage()["VOLUME"] == "/data"
    assert f"install -d -o {user} -g {group} -m 0700 /data /data/keys" in made[-1]


def test_the_image_serves_by_default_at_the_port_it_names() -> None:
    stage = last_stage()
    words = json.loads(stage["ENTRYPOINT"]) + json.loads(stage["CMD"])
    context = parsed(words)
    assert context.info_name == "serve"
    assert str(context.params["data"]) == stage["VOLUME"]
    assert str(context.params["port"]) == stage["EXPOSE"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_the_node_and_believes_its_status(status: int, code: int) -> None:
    program, option, text = health_check()
    assert (program, option) == ("python", "-c")
    assert last_stage()["EXPOSE"] in text
    with answering(status) as (port, asked):
        here = text.replace(last_stage()["EXPOSE"], str(port))
        assert subprocess.run([sys.executable, option, here], check=False).returncode == code
    assert asked == ["/v1/health"]
    assert "/v1/health" in {getattr(route, "path", "") for route in router.routes}


def test_the_build_sees_what_the_wheel_is_made_of_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    settings = ["pyproject.toml", "hatch_build.py"]
    about = [project["project"]["readme"], *project["project"]["license-files"], *settings]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {*packages, *about}


# --- the nodes -------------------------------------------------------------------------


def test_two_nodes_share_one_database() -> None:
    urls = {SERVICES[node]["environment"]["UNBROKEN_DATABASE_URL"] for node in (*NODES, "init")}
    (url,) = map(make_url, urls)
    assert url.get_backend_name() == "postgresql"
    assert [name for name in SERVICES if name.startswith("node")] == list(NODES)
    assert url.password is None


def test_the_nodes_wait_for_a_database_that_answers() -> None:
    for node in (*NODES, "init"):
        assert SERVICES[node]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "pg_isready" in SERVICES["database"]["healthcheck"]["test"]


def test_the_service_file_of_the_how_to_reaches_that_database() -> None:
    environment = SERVICES["node-a"]["environment"]
    section = make_url(environment["UNBROKEN_DATABASE_URL"]).query["service"]
    (text,) = re.findall(r"printf '(.*)' ", HOW_TO)
    first, *rest = text.encode().decode("unicode_escape").split()
    given = dict(line.split("=") for line in rest)
    database = SERVICES["database"]["environment"]
    assert first == f"[{section}]"
    assert given["host"] == "database"
    assert (given["user"], given["dbname"]) == (database["POSTGRES_USER"], database["POSTGRES_DB"])


@pytest.mark.parametrize("name", [*NODES, "init"])
def test_a_node_can_write_its_volume_and_nothing_else(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's own
    assert last_stage()["VOLUME"] in volumes(name)


def test_each_node_has_a_volume_of_its_own_and_the_same_keys_unwritable() -> None:
    homes = {volumes(node)["/data"] for node in NODES}
    keys = {volumes(node)["/data/keys"] for node in NODES}
    assert len(homes) == 2
    assert keys == {"keys:ro"}
    assert {*homes, "keys"} <= COMPOSE["volumes"].keys()


def test_the_log_is_begun_by_hand_on_the_first_nodes_data() -> None:
    """Its high-water mark then stops a second beginning of the same log."""
    init = SERVICES["init"]
    assert init["profiles"] == ["begin"]
    assert "restart" not in init
    assert volumes("init")["/data"] == volumes("node-a")["/data"]
    assert volumes("init")["/data/keys"] == "keys"
    assert not any("profiles" in SERVICES[node] for node in NODES)


@pytest.mark.parametrize("node", NODES)
def test_a_node_serves_with_options_that_exist(node: str) -> None:
    context = parsed(["unbroken-server", *SERVICES[node]["command"]])
    assert context.info_name == "serve"
    assert str(context.params["data"]) in volumes(node)
    (published,) = SERVICES[node]["ports"]
    assert published.startswith("127.0.0.1:")
    assert published.endswith(f":{context.params['port']}")


def test_init_takes_the_options_of_the_how_to() -> None:
    context = parsed(init_of_the_how_to())
    folders = {one.split(":", 2)[2].rpartition("/")[0] for one in context.params["admin"]}
    assert len(context.params["admin"]) == 2
    assert folders <= volumes("init").keys()


def test_an_option_that_does_not_exist_would_be_found() -> None:
    with pytest.raises(Exception, match=r"No such option.*--passphrase"):  # Typer's class or Click's
        parsed(["unbroken-server", *SERVICES["node-a"]["command"], "--passphrase", "x"])


def test_the_check_of_the_how_to_exists() -> None:
    (words,) = re.findall(r"exec node-a (.*)", HOW_TO)
    assert parsed(shlex.split(words)).info_name == "fsck"


@pytest.mark.parametrize("node", NODES)
def test_with_a_broker_a_node_serves_as_before_and_listens_to_it(node: str) -> None:
    before = parsed(["unbroken-server", *SERVICES[node]["command"]]).params
    after = parsed(["unbroken-server", *LIVE["services"][node]["command"]]).params
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {"mqtt_password_file", "mqtt_client"}
    assert after["mqtt_client"] == node
    user, _, host = urlsplit(LIVE["services"][node]["environment"]["UNBROKEN_MQTT"]).netloc.partition("@")
    assert host in LIVE["services"]
    assert f"user {user}\n" in (FOLDER / "mosquitto.acl").read_text(encoding="utf-8")


def test_the_broker_runs_the_configuration_that_is_tested_without_rights() -> None:
    broker = LIVE["services"]["broker"]
    mounted = dict(one.split(":")[:2] for one in broker["volumes"])
    assert mounted["./mosquitto.conf"] == "/mosquitto/config/mosquitto.conf"
    assert f"acl_file {mounted['./mosquitto.acl']}\n" in (FOLDER / "mosquitto.conf").read_text("utf-8")
    assert broker["cap_drop"] == ["ALL"]
    assert broker["read_only"] is True
    assert not broker["user"].startswith("0")


# --- secrets ---------------------------------------------------------------------------


def test_every_secret_is_a_file_that_git_leaves_out() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/docker/secrets/" in ignored
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("secrets/")
        assert f"docker/{secret['file']}" in HOW_TO + WITNESS
    how_to = (ROOT / "docs" / "how-to" / "broker.md").read_text(encoding="utf-8")
    for name, secret in LIVE["secrets"].items():
        assert secret["file"] == f"secrets/{name}"
        assert f"`{name}`" in how_to


def test_the_witness_is_for_another_machine_and_can_write_its_volume_alone() -> None:
    service = SERVICES["witness"]
    assert service["profiles"] == ["witness"]
    assert "depends_on" not in service
    assert volumes("witness") == {"/data": "witness"}
    assert "witness" in COMPOSE["volumes"]
    hardened = ("read_only", "tmpfs", "cap_drop", "security_opt", "init")
    assert [service[name] for name in hardened] == [SERVICES["node-a"][name] for name in hardened]


def test_the_witness_takes_the_options_of_its_how_to() -> None:
    service = SERVICES["witness"]
    text = WITNESS.replace("\\\n", " ")
    given = [shlex.split(words) for words in re.findall(r"run --rm witness (.*)", text)]
    for words in (service["command"], *given):
        context = parsed_witness([*service["entrypoint"], *words])
        assert str(context.params["data"]).replace(".", last_stage()["WORKDIR"]) in volumes("witness")
        if context.info_name == "serve":
            assert service["ports"] == [f"127.0.0.1:{context.params['port']}:{context.params['port']}"]
    assert [words[0] for words in given] == ["init", "follow"]


def parsed_witness(words: list[str]) -> Any:
    program, group, name, *arguments = words
    assert (program, group) == ("unbroken-server", "witness")
    return get_command(witness).commands[name].make_context(name, list(arguments))


def test_each_service_is_given_the_secrets_it_names_and_no_other() -> None:
    for service in SERVICES.values():
        named = set(re.findall(r"/run/secrets/([\w.-]+)", json.dumps(service)))
        assert named == set(service["secrets"])


def test_no_secret_stands_in_the_environment() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "PASS" not in name or name.endswith("_FILE"), (name, value)
