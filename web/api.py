"""The API: JSON routes declared once with what they take and return, from which OpenAPI 3.1 is made.

A handler gets a session in a transaction of its own (`writes`) or a reading one, the actor, the path's parts and the
checked body, and returns a model. The transaction is the idempotency key's as well, so that both hold or neither.
`before` is done ahead of that, in transactions of its own (a count of tries, a proof); if it returns something, the
handler gets it as `proven`. A `public` operation is nobody's: neither token nor cookie of the caller counts.
A `keyed` operation moves money or many rows, and is refused without an idempotency key. `produces` names the kinds of a
file that is answered in place of JSON, `also` a success that is answered beside the declared one. A list is answered as
an object with `items`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args, get_origin

from flask import Blueprint, Response, request
from pydantic import BaseModel, TypeAdapter, ValidationError

from i18n import Message, _
from kernel import db
from kernel.errors import Invalid, Problem
from kernel.policy import NOBODY, Actor
from kernel.seeing import see as see_noted
from kernel.tenancy import Scope
from web import current, idempotency
from web.forms import errors_of
from web.json_text import BadJson, path_of_unstorable, read_json


@dataclass(frozen=True)
class Operation:
    """One documented operation of the API."""

    endpoint: str
    method: str
    rule: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: Any
    status: int
    creates: bool
    summary: str
    public: bool
    keyed: bool = False
    produces: tuple[str, ...] = ()
    also: tuple[int, ...] = ()
    is_kept: bool = True  # its answer under an idempotency key; not where it holds content that is decided on anew


OPERATIONS: list[Operation] = []
Each = TypeVar("Each")


class Items(BaseModel, Generic[Each]):
    """Several of a kind. An object and no bare array, so that more can be said of them later."""

    items: list[Each]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Named for what it holds."""
        return f"{params[0].__name__.removesuffix('Out')}ListOut"


def _as_object(returns: Any) -> Any:
    """What an operation that returns a list answers with."""
    return Items[get_args(returns)[0]] if get_origin(returns) is list else returns  # type: ignore[misc]


class Api(Blueprint):
    """A package's part of `/api/v1`; a function `people` becomes the endpoint `<package>_api.people`."""

    def __init__(self, package: str, import_name: str) -> None:
        super().__init__(f"{package}_api", import_name.split(".")[0], url_prefix="/api/v1")

    def get(self, rule: str, *, returns: Any, query: type[BaseModel] | None = None, **more: Any) -> Any:  # type: ignore[override]
        """Declare a read."""
        return self._declare("GET", rule, None, query, returns, 200, False, **more)

    def post(  # type: ignore[override]
        self, rule: str, *, returns: Any, body: type[BaseModel] | None = None, status: int = 200,
        creates: bool = False, **more: Any,
    ) -> Any:  # fmt: skip
        """Declare a write; `creates` says that it makes something new (201)."""
        return self._declare("POST", rule, body, None, returns, 201 if creates else status, creates, **more)

    def put(self, rule: str, *, returns: Any, body: type[BaseModel] | None = None, **more: Any) -> Any:  # type: ignore[override]
        """Declare a write that sets something whole."""
        return self._declare("PUT", rule, body, None, returns, 200 if returns else 204, False, **more)

    def delete(self, rule: str, *, returns: Any = None, **more: Any) -> Any:
        """Declare a removal."""
        return self._declare("DELETE", rule, None, None, returns, 200 if returns else 204, False, **more)

    def _declare(
        self, method: str, rule: str, body: type[BaseModel] | None, query: type[BaseModel] | None, returns: Any,
        status: int, creates: bool, scope: Callable[[], Scope] | None = None, public: bool = False,
        is_kept: bool = True, before: Callable[..., Any] | None = None, keyed: bool = False,
        produces: tuple[str, ...] = (), also: tuple[int, ...] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            endpoint = f"{self.name}.{function.__name__}"
            summary = (function.__doc__ or function.__name__).strip().splitlines()[0].rstrip(".")
            operation = Operation(
                endpoint, method, f"/api/v1{rule}", body, query, _as_object(returns), status, creates, summary, public,
                keyed, produces, also, is_kept,
            )  # fmt: skip
            OPERATIONS[:] = [known for known in OPERATIONS if known.endpoint != endpoint] + [operation]

            def view(**path: str) -> Response:
                return _serve(operation, function, scope or current.scope, path, before)

            self.add_url_rule(rule, function.__name__, view, methods=[method])
            return function

        return register


def _serve(
    operation: Operation, function: Callable[..., Any], scope: Callable[[], Scope], path: dict[str, str],
    before: Callable[..., Any] | None,
) -> Response:  # fmt: skip
    arguments: dict[str, Any] = dict(path)
    if operation.keyed:
        idempotency.demand_key(request)
    if operation.body is not None:
        arguments["body"] = read_body(operation.body)
    elif operation.method in ("POST", "PUT") and request.get_data(cache=True).strip() not in (b"", b"{}"):
        raise Invalid("body.unexpected", _("This takes no content."))
    if operation.query is not None:
        arguments["query"] = read_query(operation.query)
    proven = before(**arguments) if before else None
    if proven is not None:
        arguments["proven"] = proven
    if operation.method == "GET":
        caller = _caller(operation)
        return see_noted(scope(), lambda session: _answer(operation, function(session, caller, **arguments)))
    return _write(operation, function, scope(), arguments)


def _write(operation: Operation, function: Callable[..., Any], scope: Scope, arguments: dict[str, Any]) -> Response:
    key = idempotency.key_of(request) if operation.is_kept else None
    actor = _caller(operation)
    content = idempotency.request_hash(request) if key else ""

    def act(session: Any) -> Response | tuple[int, str]:
        if key and actor.account_id:
            kept = idempotency.recall(session, actor.account_id, operation.endpoint, key, content)
            if kept:
                return kept.status_code, kept.body
        result = function(session, actor, **arguments)
        if isinstance(result, Response):
            return result  # a file: what `produces` names, and never kept under a key
        status, body = result.status if isinstance(result, Result) else operation.status, _json(operation, result)
        if key and actor.account_id:
            idempotency.keep(
                session, actor.account_id, operation.endpoint, key, content, idempotency.Kept(status, body)
            )
        return status, body

    answer = db.current().run(scope, act)
    if isinstance(answer, Response):
        return answer
    status, body = answer
    return Response(body, status, mimetype="application/json")


def _caller(operation: Operation) -> Actor:
    return NOBODY if operation.public else current.actor()


@dataclass(frozen=True)
class Result:
    """A result with another status than the declared one (202 for an answer that came late)."""

    value: Any
    status: int


def _json(operation: Operation, result: Any) -> str:
    value = result.value if isinstance(result, Result) else result
    value = {"items": value} if isinstance(value, list) else value
    if operation.returns is None:
        return ""
    adapter: TypeAdapter[Any] = TypeAdapter(operation.returns)
    return adapter.dump_json(adapter.validate_python(value, from_attributes=True)).decode()


def _answer(operation: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    status = result.status if isinstance(result, Result) else operation.status
    return Response(_json(operation, result), status, mimetype="application/json")


def read_body(model: type[BaseModel]) -> BaseModel:
    """The request's JSON, checked; raises Invalid with the faulty fields, or a 400/415 problem.

    A request without content says as much as an empty object, whatever kind it claims to be.
    """
    sent = request.get_data(cache=True) or b"{}"
    if sent != b"{}" and request.mimetype != "application/json":
        problem = Problem("http.415", _("Send it as application/json."))
        problem.status = 415
        raise problem
    try:
        text = sent.decode("utf-8")
        content = read_json(text)
    except BadJson as fault:
        raise _malformed(fault.message) from fault
    except UnicodeDecodeError as fault:
        raise _malformed(_("This is not well-formed JSON.")) from fault
    if (path := path_of_unstorable(content)) is not None:
        words = _("The text contains a character that cannot be stored.")
        raise Invalid("body.invalid", _("Some of it cannot be taken."), {path: words})
    try:
        # From the text and strictly: a number is no text and no truth, while times are texts, as JSON has no others.
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise Invalid("body.invalid", _("Some of it cannot be taken."), errors_of(error)) from None


def can_be_left_out(model: type[BaseModel]) -> bool:
    """Whether a request needs no content, as nothing in it is needed."""
    try:
        model.model_validate_json("{}", strict=True)
    except ValidationError:
        return False
    return True


def read_query(model: type[BaseModel]) -> BaseModel:
    """The request's query parameters, checked."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise Invalid("query.invalid", _("Some of it cannot be taken."), errors_of(error)) from None


def _malformed(words: Message) -> Problem:
    problem = Problem("http.400", words)
    problem.status = 400
    return problem
