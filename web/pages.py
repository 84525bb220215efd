"""Pages: blueprints of server-rendered routes. What a route asks for stands in the authorization matrix."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

View = Callable[..., Any]


class Pages(Blueprint):
    """A package's pages; a function `people` becomes the endpoint `<package>.people`."""

    def __init__(self, package: str, import_name: str, **options: Any) -> None:
        root = import_name.split(".")[0]
        super().__init__(package, root, template_folder="templates", **options)

    def get(self, rule: str, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        """Declare a page that only reads."""
        return self.route(rule, methods=["GET"], **options)

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        """Declare an act of a page."""
        return self.route(rule, methods=["POST"], **options)


Answer = str | Response | tuple[str, int]
