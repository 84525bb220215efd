"""Links to the pictures and sounds of a test that is being taken open nothing once the right to see them has ended."""

from datetime import timedelta

from flask import Flask

from calibration.models import Attempt, AttemptQuestion
from kernel.models import AccessGrant
from kernel.policy import Role
from marketplace.models import Unit
from tests.marketplace.desk import Desk
from tests.marketplace.test_media_links import (
    HOME,
    annotator,
    app,
    change,
    desk,
    follow,
    links,
    met_elsewhere,
)
from tests.web.conftest import make_persona, sign_in
from tests.workforce.browser import Visitor
from web.models import AuthSession
from workforce.models import Annotator

__all__ = ["app", "desk"]


def test_in_the_middle_of_an_exam_a_link_ends_with_every_right_and_with_the_exam(desk: Desk, app: Flask) -> None:
    market, me = desk.market, annotator(desk)
    path = met_elsewhere(desk, me)["exam"].removesuffix("/questions")
    desk.protect("confidential")
    desk.let_in(0, 2)
    later = market.now + timedelta(hours=1)
    change(desk, Attempt, state="exam", position=0, ended_at=None, deadline_at=later)
    change(desk, AttemptQuestion, answer=None, score=None, answered_at=None)
    visitor = Visitor(app, market.db, me)
    change(desk, AuthSession, mfa_at=market.now, mfa_kind="passkey")
    shown = links(visitor, path)
    assert len(shown) == 2, "a picture and a sound"

    def opened() -> list[int]:
        return [follow(app, link).status_code for link in shown]

    assert opened() == [200, 200]
    for model, gone, back in (
        (Unit, {"classification": "restricted-phi"}, {"classification": None}),
        (Annotator, {"clearance": 0}, {"clearance": 2}),
        (Annotator, {"identity_verified_at": None}, {"identity_verified_at": market.now}),
        (Annotator, {"status": "suspended"}, {"status": "active"}),
        (AccessGrant, {"revoked_at": market.now}, {"revoked_at": None}),
        (AuthSession, {"mfa_at": market.now - timedelta(hours=13)}, {"mfa_at": market.now}),
        (AuthSession, {"revoked_at": market.now}, {"revoked_at": None}),
        (Attempt, {"deadline_at": market.now - timedelta(seconds=1)}, {"deadline_at": later}),
        (Attempt, {"position": 1}, {"position": 0}),
    ):
        change(desk, model, **gone)
        assert opened() == [404, 404], (model, gone)
        change(desk, model, **back)
        assert opened() == [200, 200], (model, back)
    stranger, other = app.test_client(), make_persona(market.db, market.vendor, Role.ANNOTATOR, "o@vendor.example")
    assert sign_in(stranger, other.email) == 303
    assert stranger.get(path, environ_overrides=HOME).status_code == 404
    market.later(hours=2)
    assert opened() == [404, 404]
