"""Every link that a page shows somebody leads to what is open to them."""

import re
from collections import Counter, deque
from html import unescape

import pytest
from werkzeug.exceptions import HTTPException

from kernel.policy import Role
from tests.support import is_soak
from tests.web.town import Town, Visitor

LINK = re.compile(r'<a\b[^>]*?\shref="(/[^"]*)"')
MOST, OF_ONE_KIND = 150, 6  # pages of one visitor, and those of them that one route shows in a soak


def walk(town: Town, visitor: Visitor, start: str) -> dict[str, int]:
    """What pages answer that are reached by links from the first one, some of each kind."""
    routes = town.app.url_map.bind("localhost")
    of_one_kind = OF_ONE_KIND if is_soak() else 2 if town.db.is_sqlite else 1
    waiting, answers, kinds = deque([start]), dict[str, int](), Counter[str]()
    while waiting and len(answers) < MOST:
        path = waiting.popleft()
        try:
            endpoint, _parts = routes.match(path.partition("?")[0])
        except HTTPException:
            endpoint = path
        if path in answers or kinds[endpoint] >= of_one_kind or endpoint == "static":
            continue
        kinds[endpoint] += 1
        answer = visitor.client.get(path, headers={"Accept-Language": "en"})
        answers[path] = answer.status_code
        if answer.mimetype == "text/html":
            waiting.extend(unescape(each).partition("#")[0] for each in LINK.findall(answer.get_data(as_text=True)))
    return answers


@pytest.mark.soak
@pytest.mark.parametrize("role", list(Role))
def test_whoever_follows_links_never_meets_a_closed_door(town: Town, role: Role) -> None:
    answers = walk(town, town.visitors[role], "/account")
    assert len(answers) > 5, "the navigation alone leads to more"
    assert {path: status for path, status in answers.items() if status >= 400} == {}


@pytest.mark.soak
def test_so_it_is_for_those_whose_own_things_stand_there(town: Town) -> None:
    for _role, visitor in {id(owner): owner for owner in town.owners.values()}.values():
        answers = walk(town, visitor, "/account")
        assert {path: status for path, status in answers.items() if status >= 400} == {}
