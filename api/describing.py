"""What OpenAPI says about problems, bytes and examples, so that routes say it in one word."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.problems import MEDIA_TYPE, TYPE, problem_of
from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    Malformed,
    NotFound,
    NotPermitted,
    TooMany,
    Unauthentic,
    Unauthorised,
    UnbrokenError,
)

SCHEMAS = "#/components/schemas/{model}"
Responses = dict[int | str, dict[str, Any]]

EXAMPLES: dict[int, UnbrokenError] = {
    400: Malformed("invalid_event", "Packed.containers: Field required"),
    401: Unauthorised("no_session", "there is no such session, or it has run out: sign in"),
    403: NotPermitted("not_yours", "this bundle holds therapies that you may not read"),
    404: NotFound("no_such_chain", "there is no such therapy that you may read"),
    406: Malformed("not_acceptable", "an entry is served as application/cose or application/json"),
    409: Conflict("cti_reused", "this key already used the cti 00112233445566778899aabbccddeeff"),
    410: NotFound("personal_data_erased", "entry 4719 of the log says that these identifiers were erased"),
    413: Malformed("body_too_large", "at most 65536 bytes are taken here"),
    415: Malformed("unsupported_media_type", "the body's type is 'text/plain'; send application/cose"),
    422: GateFailed("gate_failed", "2 gates before the infusion failed", gates=[]),
    429: TooMany("busy", "the ledger has too many statements waiting; send again in a moment"),
    503: Fault("store_unavailable", "the database went away; nothing was recorded, send it again"),
}
SIGNATURE = Unauthentic("unknown_key", "no key was enrolled in this log with this id")

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; further members say more, for instance `gates`.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": f"{TYPE}<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
    "additionalProperties": True,
}


def problems(*statuses: int, signature: bool = False) -> Responses:
    """The problem answers of a route. `signature`: a 401 here is about a signature, not a session."""
    errors = EXAMPLES | ({401: SIGNATURE} if signature else {})
    return {status: _problem(errors[status]) for status in statuses}


def _problem(error: UnbrokenError) -> dict[str, Any]:
    problem = problem_of(error)
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem.members()}
    return {"description": problem.title, "content": {MEDIA_TYPE: content}}


def shown(
    example: Any, description: str, status: int = 200, media_type: str = "application/json"
) -> Responses:
    """The good answer of a route, by example."""
    return {status: {"description": description, "content": {media_type: {"example": example}}}}


def sent(examples: dict[str, str]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes bytes: media type to what is sent."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                media: {"schema": {"type": "string", "format": "binary"}, "example": example}
                for media, example in examples.items()
            },
        }
    }


def sent_json(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """`openapi_extra` of a route that takes JSON which it reads itself; `describe` adds the schema."""
    schema = {"$ref": SCHEMAS.format(model=model.__name__)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, *sent_models: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI document, with the schemas of problems and of what is sent; made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _put_schemas(made["components"].setdefault("schemas", {}), sent_models)
        for item in made["paths"].values():
            for operation in item.values():
                _say_400(operation["responses"])
        app.openapi_schema = made
    return app.openapi_schema


def _put_schemas(schemas: dict[str, Any], models: tuple[type[BaseModel], ...]) -> None:
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for model in models:
        schema = model.model_json_schema(ref_template=SCHEMAS)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema


def _say_400(responses: dict[str, Any]) -> None:
    """FastAPI says that it answers 422 to a wrong parameter; here that is a 400 and a problem."""
    if MEDIA_TYPE not in responses.get("422", {"content": {MEDIA_TYPE: {}}})["content"]:
        del responses["422"]
        responses.setdefault("400", _problem(EXAMPLES[400]))
