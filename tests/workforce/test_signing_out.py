"""Sessions of others ended: of one account by whoever manages its people, of everybody from the command line."""

from pathlib import Path

import pytest
from flask import Flask

from kernel.errors import Forbidden, Misuse, NotFound
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce.cli import cli
from workforce.operations import signing_out

TEST = Scope.system("test")


@pytest.fixture
def app(tmp_path: Path, world: World) -> Flask:
    return application(tmp_path)


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/api/v1/account/sessions").status_code == 200


def test_a_manager_signs_a_person_and_a_colleague_out_everywhere_and_programs_go_on(app: Flask, world: World) -> None:
    person, applicant = world.applicant()
    manager = Visitor(app, world.db, world.manager)
    phone, laptop = Visitor(app, world.db, applicant), Visitor(app, world.db, applicant)
    reviewer, program = Visitor(app, world.db, world.reviewer), Program(app, world.db, world.reviewer)
    assert is_in(phone) and is_in(laptop) and is_in(reviewer)
    here = f"/people/{person.id}"
    shown = manager.text(here)
    assert f'action="{here}/sign-out"' in shown and "Sign this person out everywhere?" in shown
    assert manager.post(f"{here}/sign-out", on=here).headers["Location"] == here
    assert not is_in(phone) and not is_in(laptop) and is_in(reviewer) and is_in(manager)
    assert is_in(Visitor(app, world.db, applicant)), "they can sign in again"

    out = f"/team/{world.reviewer.membership_id}/sign-out"
    assert f'action="{out}"' in manager.text("/team")
    assert manager.post(out, on="/team").status_code == 303
    assert not is_in(reviewer) and program.send("GET", "/me").status_code == 200
    told = {(line.object_ref, line.org_id, line.actor_ref) for line in world.audit("sessions.ended")}
    assert told == {
        (applicant.account_id, world.vendor_id, world.manager.account_id),
        (world.reviewer.account_id, world.vendor_id, world.manager.account_id),
    }


def test_a_program_does_the_same(app: Flask, world: World) -> None:
    person, applicant = world.applicant()
    visitor, program = Visitor(app, world.db, applicant), Program(app, world.db, world.manager)
    assert program.send("POST", f"/people/{person.id}/sign-out").status_code == 204 and not is_in(visitor)


@pytest.mark.parametrize(
    ("who", "whom", "problem"),
    [
        ("manager", "manager", Forbidden),
        ("reviewer", "colleague", Forbidden),
        ("finance", "reviewer", Forbidden),
        ("auditor", "reviewer", Forbidden),
        ("stranger", "reviewer", NotFound),
        ("client_admin", "reviewer", NotFound),
    ],
)
def test_not_oneself_not_without_the_role_and_not_another_organizations(
    world: World, who: str, whom: str, problem: type[Exception]
) -> None:
    actor, other = getattr(world, who), getattr(world, whom)
    with pytest.raises(problem), world.db.transaction(TEST) as session:
        signing_out.sign_out_member(session, actor, other.membership_id)
    assert world.audit("sessions.ended") == []


def test_the_operator_signs_a_manager_out_and_a_manager_not_the_operator(app: Flask, world: World) -> None:
    manager = Visitor(app, world.db, world.manager)
    with world.db.transaction(TEST) as session:
        signing_out.sign_out_member(session, world.operator, world.manager.membership_id or "")
    assert not is_in(manager)
    with pytest.raises((Forbidden, NotFound)), world.db.transaction(TEST) as session:
        signing_out.sign_out_member(session, world.manager, world.operator.membership_id or "")


def test_everybody_is_signed_out_from_the_command_line_alone_and_after_a_question(app: Flask, world: World) -> None:
    visitors = [Visitor(app, world.db, one) for one in (world.manager, world.operator, world.client_admin)]
    runner = app.test_cli_runner()
    assert runner.invoke(cli, ["sign-out-everybody"], input="n\n").exit_code == 1
    assert all(map(is_in, visitors))
    done = runner.invoke(cli, ["sign-out-everybody", "--yes"])
    assert (done.exit_code, done.output) == (0, "Everybody is signed out (8 accounts).\n")
    assert not any(map(is_in, visitors))
    (line,) = world.audit("sessions.ended_for_all")
    assert line.details == {"accounts": 8}
    with pytest.raises(Misuse), world.db.transaction(TEST) as session:
        signing_out.sign_out_everybody(session, world.operator)
