"""What the API takes and returns about people. Messages become sentences in the caller's language."""

from datetime import datetime
from typing import Any

from pydantic import Field

from i18n import render
from kernel.policy import Role
from web.forms import InModel, OutModel, PageQuery
from workforce.values import (
    AgreementView,
    AnnotatorView,
    AppealView,
    ClaimStatus,
    ClaimView,
    OrgKind,
    Outcome,
    PersonRow,
    ReceiptKind,
    ReceiptState,
    ReceiptView,
    Standing,
)


class AppealsQuery(PageQuery):
    """Whether the appeals that wait are asked for, or those that were answered."""

    is_open: bool = True


class ReasonIn(InModel):
    """A decision's reason, which the person reads."""

    reason: str = Field(min_length=1, max_length=2000)


class LanguageIn(InModel):
    """A language, how well it is known (A1 to C2, or native), and in what: read, write, listen, speak. Nothing of it is
    taken for granted."""

    locale: str = Field(max_length=35)
    proficiency: str = Field(max_length=6)
    modes: list[str] = Field(max_length=4)

    @property
    def stated(self) -> tuple[str, str, list[str]]:
        return self.locale, self.proficiency, self.modes


class ProfileIn(InModel):
    """What a person states about themselves."""

    country: str | None = Field(default=None, max_length=2)
    time_zone: str = Field(default="UTC", max_length=40)
    weekly_hours: int = Field(default=0, ge=0, le=80)
    skills: list[str] = Field(default_factory=list, max_length=20)
    domains: list[str] = Field(default_factory=list, max_length=20)
    about: str | None = Field(default=None, max_length=2000)


class ApplicationIn(ProfileIn):
    """An application to a pool."""

    languages: list[LanguageIn] = Field(min_length=1, max_length=20)


class SignedIn(InModel):
    """An agreement that was read, and in which language."""

    agreement_id: str = Field(max_length=22)
    locale: str = Field(max_length=35)


class ApplicantIn(ApplicationIn):
    """An application of somebody who has no account yet, whole: account, profile, languages, signatures."""

    email: str = Field(max_length=300)
    name: str = Field(max_length=200)
    password: str = Field(max_length=2000)
    locale: str = Field(default="en", max_length=35)
    signatures: list[SignedIn] = Field(default_factory=list, max_length=50)


class ReceivedOut(OutModel):
    """The application has come. When the vendor has admitted the person, `token` is where address and password
    make them a token. Who has an account applies with a token of it, at `/pools/{pool_id}/applications`."""

    state: str = "received"
    token: str = "/api/v1/account/tokens"


class AccountIn(InModel):
    """One's name, language and time zone."""

    name: str = Field(max_length=200)
    locale: str = Field(max_length=35)
    time_zone: str = Field(max_length=40)


class NewPasswordIn(InModel):
    """The password of now, and the one from now on."""

    current_password: str = Field(max_length=2000)
    new_password: str = Field(max_length=2000)


class SessionOut(OutModel):
    """A device that is signed in."""

    id: str
    created_at: datetime
    seen_at: datetime
    network: str | None
    device: str


class NewTokenIn(InModel):
    """Who asks, by address and password; for which of their places, the first where none is named; for how long."""

    email: str = Field(max_length=300)
    password: str = Field(max_length=2000)
    code: str = Field(
        default="", max_length=100, description="Of the authenticator app, where there is a second factor."
    )
    membership_id: str | None = Field(default=None, max_length=22)
    name: str = Field(min_length=1, max_length=80)
    days: int = Field(default=90, ge=1, le=365)


class TokenOut(OutModel):
    """A token without its secret."""

    id: str
    membership_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewTokenOut(OutModel):
    """A token with its secret, which is told this once."""

    token: TokenOut
    secret: str


class PoolIn(InModel):
    """A pool; `about` is told to applicants, by locale."""

    name: str = Field(max_length=200)
    about: dict[str, str] = Field(default_factory=dict, max_length=60)
    is_open: bool = True


class AgreementIn(InModel):
    """The next version of a document, by locale."""

    code: str = Field(max_length=60)
    titles: dict[str, str] = Field(min_length=1, max_length=60)
    texts: dict[str, str] = Field(min_length=1, max_length=60)
    required_from: str = "public"


class SignatureIn(InModel):
    """In which language the text was read."""

    locale: str = Field(max_length=35)


class AppealIn(InModel):
    """What should be looked at; may stay empty."""

    text: str = Field(default="", max_length=4000)


class DecisionIn(InModel):
    """The answer to an appeal."""

    outcome: Outcome
    answer: str = Field(min_length=1, max_length=4000)


class ClaimOut(OutModel):
    """A language in one mode, as stated, with the level that is proven and until when the stated one is."""

    id: str
    locale: str
    mode: str
    proficiency: str
    status: ClaimStatus
    proven: str | None
    until_at: datetime | None


class AnnotatorOut(OutModel):
    """A working profile."""

    id: str
    pool_id: str
    pseudonym: str
    status: Standing
    country: str | None
    time_zone: str
    weekly_hours: int
    skills: list[str]
    domains: list[str]
    about: str | None
    applied_at: datetime
    admitted_at: datetime | None
    languages: list[ClaimOut]

    @classmethod
    def of(cls, person: AnnotatorView, claims: list[ClaimView] | tuple[ClaimView, ...]) -> "AnnotatorOut":
        own = {name: getattr(person, name) for name in cls.model_fields if name != "languages"}
        own |= {"skills": list(person.skills), "domains": list(person.domains)}
        return cls(**own, languages=[ClaimOut.model_validate(claim) for claim in claims])


class PlaceOut(OutModel):
    """A role in an organization."""

    membership_id: str
    org_id: str
    org_name: str
    org_kind: OrgKind
    role: Role


class AgreementOut(OutModel):
    """One version of a document."""

    id: str
    code: str
    version: int
    titles: dict[str, str]
    texts: dict[str, str]
    required_from: str
    published_at: datetime

    @classmethod
    def of(cls, view: AgreementView) -> "AgreementOut":
        return cls.model_validate(view)


class AgreementsOut(OutModel):
    """A page of a vendor's documents, each in its newest version, by code."""

    items: list[AgreementOut]
    next_after: str | None


class SignatureOut(OutModel):
    """Who signs which text."""

    agreement_id: str
    code: str
    version: int
    locale: str
    text_sha256: str
    signed_at: datetime


class SignedOut(SignatureOut):
    """Who signed which text, in which language, when, and from which network; None once the person was erased."""

    annotator_id: str
    name: str
    pseudonym: str
    network: str | None


class SignaturesOut(OutModel):
    """A page of signatures under one version."""

    items: list[SignedOut]
    next_after: str | None


class PersonSignaturesOut(OutModel):
    """All that a person has signed, newest first."""

    items: list[SignedOut]


class MeOut(OutModel):
    """Who the token acts for, where, and what is missing."""

    id: str
    name: str
    email: str
    locale: str
    time_zone: str
    place: PlaceOut | None
    places: list[PlaceOut]
    annotator: AnnotatorOut | None
    agreements_to_sign: list[AgreementOut]


class PersonOut(OutModel):
    """A line of the list of people."""

    id: str
    pseudonym: str
    name: str
    email_masked: str
    status: Standing
    country: str | None
    weekly_hours: int
    applied_at: datetime
    languages: list[ClaimOut]

    @classmethod
    def of(cls, row: PersonRow) -> "PersonOut":
        own = {name: getattr(row, name) for name in cls.model_fields if name != "languages"}
        return cls(**own, languages=[ClaimOut.model_validate(claim) for claim in row.claims])


class PeopleOut(OutModel):
    """A page of people; `next_after` is None on the last one."""

    items: list[PersonOut]
    next_after: str | None


class PoolOut(OutModel):
    """A pool."""

    id: str
    name: str
    about: dict[str, str]
    is_open: bool
    created_at: datetime


class PoolsOut(OutModel):
    """A page of pools."""

    items: list[PoolOut]
    next_after: str | None


class OfferOut(OutModel):
    """A pool as applicants see it, and what they are asked to sign."""

    pool: PoolOut
    vendor_name: str
    agreements: list[AgreementOut]


class AppealOut(OutModel):
    """An objection and its answer."""

    id: str
    receipt_id: str
    text: str
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None
    outcome: Outcome | None
    answer: str | None
    held_at: datetime | None  # since when the decision is on hold, as no answer came by its day

    @classmethod
    def of(cls, view: AppealView) -> "AppealOut":
        return cls.model_validate(view)


class ReceiptOut(OutModel):
    """A decision, told in the caller's language. `until_at` is what was decided; `state` tells whether it holds."""

    id: str
    kind: ReceiptKind
    state: ReceiptState
    what: str
    why: str
    way_back: str
    rule: str
    rule_version: str
    figure: dict[str, Any]
    evidence: list[dict[str, Any]]
    lane_id: str | None
    until_at: datetime | None
    ended_at: datetime | None  # when it was over, be it while an appeal waited
    decided_at: datetime
    decided_by_rule: bool
    appeal: AppealOut | None

    @classmethod
    def of(cls, view: ReceiptView) -> "ReceiptOut":
        told = {"what": render(view.what), "why": render(view.why), "way_back": render(view.way_back)}
        kept = {name: getattr(view, name) for name in cls.model_fields if name not in {*told, "figure", "evidence"}}
        kept["appeal"] = AppealOut.of(view.appeal) if view.appeal else None
        return cls(**kept, **told, figure=dict(view.figure), evidence=[dict(item) for item in view.evidence])


class ReceiptsOut(OutModel):
    """A page of decisions."""

    items: list[ReceiptOut]
    next_after: str | None


class AppealRowOut(OutModel):
    """A line of the list of appeals."""

    appeal: AppealOut
    pseudonym: str
    kind: ReceiptKind
    what: str


class AppealsOut(OutModel):
    """A page of appeals."""

    items: list[AppealRowOut]
    next_after: str | None


class AppealCaseOut(OutModel):
    """An appeal with the decision it is about. Who decided is not told."""

    appeal: AppealOut
    receipt: ReceiptOut
    pseudonym: str
