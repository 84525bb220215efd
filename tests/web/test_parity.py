"""The API does what the pages do: each form of a page has its operation, under the same action of the matrix."""

import json
import re

from flask import Flask

from kernel.policy import matrix
from web.openapi import document

# Where the operation is called otherwise than the page, `package.name` of the page and of the API.
CALLED = {
    "calibration.start_test": "calibration_api.start_attempt",
    "marketplace.upload_gold": "marketplace_api.upload",
    "marketplace.upload_units": "marketplace_api.upload",
    "payouts.approve": "payouts_api.approve_payout_run",
    "payouts.cancel": "payouts_api.cancel_payout_run",
    "payouts.export": "payouts_api.export_payout_run",
    "payouts.fail": "payouts_api.fail_payment",
    "payouts.prepare": "payouts_api.prepare_payout_run",
    "payouts.receive": "payouts_api.receive_payment",
    "payouts.set_lane_rate": "payouts_api.rate",
    "payouts.set_my_method": "payouts_api.payout_method",
    "payouts.settle": "payouts_api.settle_payout_run",
    "web.change_password": "workforce_api.change_password",
    "web.confirm": "workforce_api.step_up",
    "web.give_code": "workforce_api.create_token",
    "web.create_token": "workforce_api.create_token",
    "web.revoke_session": "workforce_api.revoke_session",
    "web.revoke_token": "workforce_api.revoke_token",
    "web.save_account": "workforce_api.save_account",
    "web.sign_in": "workforce_api.create_token",
    "workforce.answer_appeal": "workforce_api.decide_appeal",
    "workforce.appeal": "workforce_api.open_appeal",
    "workforce.leave": "workforce_api.change_standing",
    "workforce.save_profile": "workforce_api.update_profile",
    "workforce.send_application": "workforce_api.apply_as_new",
}
# What only a browser needs.
WITHOUT = {
    "web.passkey_challenge": "a passkey answers a browser alone; a program signs in with a token",
    "web.sign_in_with_passkey": "a passkey answers a browser alone; a program signs in with a token",
    "workforce.add_passkey": "a browser makes it; the API shows what there is and takes it off",
    "workforce.making_passkey": "a browser makes it; the API shows what there is and takes it off",
    "web.set_language": "it is the language of this browser; an account's is set by `PUT /account`",
    "web.sign_out": "it ends the browser's session; a token is ended by `DELETE /account/tokens/{token_id}`",
    "web.switch_place": "a token acts in one place, and is made for another with `membership_id`",
}
# Where page and operation ask for different actions before the operation asks about the very thing, and why.
OTHER_ACTION = {
    "marketplace.upload_gold": "one operation takes both kinds of file and asks for the action of the kind",
    "marketplace.upload_units": "one operation takes both kinds of file and asks for the action of the kind",
    "web.create_token": "address and password are the proof, as a token makes no other",
    "workforce.change_standing": "one operation serves the vendor and the person who leaves",
    "workforce.leave": "one operation serves the vendor and the person who leaves",
}


def forms(app: Flask) -> set[str]:
    """The endpoints of pages that take a form."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and not rule.rule.startswith("/api/")
    }


def operation_for(page: str) -> str:
    package, _dot, name = page.partition(".")
    return CALLED.get(page, f"{package}_api.{name}")


def test_each_form_of_a_page_has_an_operation_of_the_api(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    missing = {page for page in forms(app) - set(WITHOUT) if operation_for(page) not in known}
    assert missing == set()
    assert {page for page in WITHOUT if operation_for(page) in known} == set()


def test_a_form_and_its_operation_ask_for_the_same_action(app: Flask) -> None:
    endpoints = matrix().endpoints
    other = {
        page
        for page in forms(app) - set(WITHOUT)
        if endpoints[page]["action"] != endpoints[operation_for(page)]["action"]
    }
    assert other == set(OTHER_ACTION)


def test_the_description_refers_to_nothing_that_it_lacks_and_tells_models_of_one_name_apart(app: Flask) -> None:
    told = document()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert named == set(told["components"]["schemas"])
    assert [name for name in named if "__" in name] == [], "two models of one name would have names of their modules"
    lanes = told["paths"]["/api/v1/lanes"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert lanes == {"$ref": "#/components/schemas/LanesOut"}
    assert told["components"]["schemas"]["LanesOut"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/WorkLaneOut"
    }


def test_nothing_is_excused_or_renamed_that_does_not_exist(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(CALLED) | set(WITHOUT) | set(OTHER_ACTION) <= known
