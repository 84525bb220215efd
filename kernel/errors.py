"""Problems: what can go wrong, as classes that one table in `web` turns into a page, a fragment or problem JSON."""

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """Base of everything a person can be told about.

    `code` is stable and machine-readable (`assignment.expired`); `message` is a deferred, translatable sentence;
    `params` are extra members for the JSON form.
    """

    status = 500

    def __init__(self, code: str, message: Any, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.params: dict[str, Any] = params

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(Problem):
    """The input cannot be taken as it is; `fields` says what is wrong where."""

    status = 422

    def __init__(
        self,
        code: str,
        message: Any,
        fields: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code, message, **params)
        self.fields: dict[str, Any] = dict(fields or {})


class Unauthenticated(Problem):
    """Nobody is signed in, or the proof does not hold any longer."""

    status = 401


class Forbidden(Problem):
    """The thing is known to this person, and not permitted now; the message names the step that would open it."""

    status = 403


class NotFound(Problem):
    """There is no such thing, or this person is not to know of it: both answer alike."""

    status = 404


class Conflict(Problem):
    """The state does not allow it (any more)."""

    status = 409


class TooMany(Problem):
    """A limit of rate or volume was reached; `retry_after` is in seconds."""

    status = 429

    def __init__(self, code: str, message: Any, retry_after: int = 60, **params: Any) -> None:
        super().__init__(code, message, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(Problem):
    """The installation cannot do it at the moment; nothing was changed."""

    status = 503


class Misuse(RuntimeError):
    """A programming error that must never reach a person: a query without a tenant, an unknown action."""


class NeedsWriting(Misuse):
    """What is about to be shown has to be noted in the same transaction, and this one only reads."""
