"""Tables of work. They belong to a client; the vendor of the project sees them while its grant lives."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, Float, Index, Integer, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed, SealedByTenant
from kernel.db import Base, Id, Identified, Micros, Shared, within
from kernel.sealing import SealedJson
from marketplace.models.changes import LabelChange as LabelChange
from marketplace.models.changes import LotRework as LotRework


class Project(Identified, Shared, Base):
    """A client's work with one vendor. It exists from the request on; `project_id` is its own id."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        CheckConstraint("project_id = id", name="is_its_own_project"),
        CheckConstraint(
            "state IN ('requested', 'quoted', 'draft', 'live', 'paused', 'done', 'declined')", name="state_is_known"
        ),
    )
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12))
    task_type: Mapped[str] = mapped_column(String(32))
    classification: Mapped[str] = mapped_column(String(20))
    protection: Mapped[dict[str, Any] | None]  # agreements, countries and networks that its classes ask for
    personal_choice: Mapped[str | None] = mapped_column(String(5))  # mask, raise, keep: for its work and gold alike
    currency: Mapped[str] = mapped_column(String(3))
    about: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)
    finished_at: Mapped[datetime | None]
    kept_days: Mapped[int] = mapped_column(default=365, server_default="365")  # its content, after its end
    content_until: Mapped[datetime | None]  # when texts, pictures, sounds and released files go; none before its end
    content_removed_at: Mapped[datetime | None]  # when the last of it went


class CoverageRequest(Identified, Shared, Base):
    """A client asks a vendor for native-language work: locales × volume, quality, deadline."""

    __tablename__ = "coverage_request"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("project", "project_id"),
        CheckConstraint("state IN ('sent', 'quoted', 'accepted', 'declined')", name="state_is_known"),
    )
    state: Mapped[str] = mapped_column(String(10))
    lines: Mapped[list[Any]]  # [{"locale", "units"}]
    overlap: Mapped[int]
    quality_target: Mapped[float] = mapped_column(Float)
    deadline_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str | None] = mapped_column(Id)


class Quote(Identified, Shared, Base):
    """A vendor's answer to a request: people, speed, date, price and what is missing, per locale."""

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "request_id", "version", name="uq_quote_version"),
        within("coverage_request", "request_id"),
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'replaced')", name="state_is_known"),
        CheckConstraint("state <> 'declined' OR reason <> ''", name="declined_has_reason"),
    )
    request_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    # per locale: {"locale", "units", "verified", "units_a_day", "speed_source", "promised_a_day", "finish_at",
    #              "price_micros", "micros", "missing"}
    lines: Mapped[list[Any]]
    total_micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    valid_until: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")  # why it was declined


class Lane(Identified, Shared, Base):
    """The units of a project that ask the same of a person. Who may work is decided per person and lane."""

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "locale", "stage", name="uq_lane_locale"),
        within("project", "project_id"),
        CheckConstraint("state IN ('draft', 'open', 'paused', 'done')", name="state_is_known"),
        CheckConstraint("overlap BETWEEN 1 AND 50", name="overlap_is_sane"),
    )
    state: Mapped[str] = mapped_column(String(10))
    locale: Mapped[str] = mapped_column(String(35))
    stage: Mapped[str] = mapped_column(String(20), default="label")
    task_type: Mapped[str] = mapped_column(String(32))
    skill: Mapped[str | None] = mapped_column(String(40))
    domain: Mapped[str | None] = mapped_column(String(40))
    classification: Mapped[str] = mapped_column(String(20))
    proficiency: Mapped[str] = mapped_column(String(6), default="native")
    distance_most: Mapped[int] = mapped_column(default=0)  # 0: exactly this locale
    modes: Mapped[list[Any]] = mapped_column(
        default=lambda: ["read"]
    )  # what people do in it: read, write, listen, speak
    also: Mapped[list[Any]] = mapped_column(default=list)  # tags that are taken as well, whatever their distance
    overlap: Mapped[int]  # answers to a unit; where two columns below are set, the most of them
    overlap_least: Mapped[int | None]  # adaptive: the fewest answers,
    overlap_target: Mapped[float | None] = mapped_column(Float)  # and how sure the label has to be for no more
    lot_limit: Mapped[float | None] = mapped_column(Float)  # a lot may have this share of wrong labels at most
    lot_allowed: Mapped[int] = mapped_column(default=0, server_default="0")  # wrong ones in its sample
    quality_target: Mapped[float] = mapped_column(Float)
    volume: Mapped[int]
    price_micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    lease_minutes: Mapped[int] = mapped_column(default=30)
    hold_hours: Mapped[int] = mapped_column(default=72)
    review_share: Mapped[float] = mapped_column(Float, default=0.05)
    weak_below: Mapped[float] = mapped_column(Float, default=0.9)
    priority: Mapped[int] = mapped_column(default=0)
    route_epoch: Mapped[int] = mapped_column(default=0)  # raised when slots are added anywhere in the order
    deadline_at: Mapped[datetime | None]
    ontology_id: Mapped[str | None] = mapped_column(Id)
    guideline_id: Mapped[str | None] = mapped_column(Id)


class Batch(Identified, Shared, Base):
    """One upload of units or gold: the file, what was found in it (which says what rows say), how far its import is."""

    __tablename__ = "batch"
    __table_args__ = (UniqueConstraint("org_id", "id"), Index("ix_batch_project", "org_id", "project_id", "created_at"))
    kind: Mapped[str] = mapped_column(String(10))  # units, gold
    name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(10))  # csv, jsonl
    stored_name: Mapped[str] = mapped_column(String(40))
    key_sealed: Mapped[str | None] = mapped_column(Text)
    key = SealedByTenant("key_sealed")  # of the file; None: it is kept as it came
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))  # checking, checked, importing, imported, cancelled, broken
    rows: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    findings_sealed: Mapped[str | None] = mapped_column(Text)
    findings = SealedJson("findings_sealed")  # the first hundred: {"line", "column", "code", "message"}
    preview_sealed: Mapped[str | None] = mapped_column(Text)
    preview = SealedJson("preview_sealed")  # the first rows
    personal_sealed: Mapped[str | None] = mapped_column(Text)
    personal = SealedJson("personal_sealed")  # what was found of personal data: {"units", "kinds", "examples"}
    personal_choice: Mapped[str | None] = mapped_column(String(5))  # mask, raise, keep
    job_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)


class Unit(Identified, Shared, Base):
    """An item in a lane. Nothing here tells what is known of its answer beforehand."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "lane_id", "item_id", name="uq_unit_item_once"),
        Index("ix_unit_of_lane", "lane_id", "state", "id"),
        Index("ix_unit_of_project", "project_id", "id"),
        Index(
            "ix_unit_raised",
            "project_id",
            "classification",
            sqlite_where=column("classification").is_not(None),
            postgresql_where=column("classification").is_not(None),
        ),
        Index(
            "ix_unit_reworked",
            "rework_id",
            "state",
            sqlite_where=column("rework_id").is_not(None),
            postgresql_where=column("rework_id").is_not(None),
        ),
        within("lane", "lane_id"),
        within("item", "item_id"),
        CheckConstraint("state IN ('open', 'full', 'review', 'settled', 'cancelled')", name="state_is_known"),
        CheckConstraint("answered <= overlap", name="never_over_overlap"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    batch_id: Mapped[str | None] = mapped_column(Id)
    classification: Mapped[str | None] = mapped_column(String(20))  # its own, where it was raised above its lane's
    overlap: Mapped[int]
    answered: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default="open")
    outlook: Mapped[dict[str, Any]]  # counts or log posterior so far, folded in O(1)
    label: Mapped[dict[str, Any] | None]  # the final label, once settled
    label_source: Mapped[str | None] = mapped_column(String(12))  # consensus, review
    settled_at: Mapped[datetime | None]
    rework_id: Mapped[str | None] = mapped_column(Id)  # the newest rework of a rejected lot that it was part of


class Slot(Shared, Base):
    """The place for one judgment on a unit. The primary key and the bound keep the overlap, without a lock."""

    __tablename__ = "slot"
    __table_args__ = (
        Index("ix_slot_pick", "lane_id", "state", "route_key"),
        # Only of what came back: the band stays small however long the lane is.
        Index(
            "ix_slot_back",
            "lane_id",
            "back_at",
            sqlite_where=column("back_at").is_not(None),
            postgresql_where=column("back_at").is_not(None),
        ),
        Index("ix_slot_kept", "kept_for", "lane_id", "state", "serve_from"),
        Index("ix_slot_lease", "lane_id", "state", "lease_until"),
        within("unit", "unit_id"),
        CheckConstraint("slot_no BETWEEN 1 AND overlap", name="slot_within_overlap"),
        CheckConstraint("state IN ('free', 'kept', 'leased', 'answered', 'closed')", name="state_is_known"),
        CheckConstraint("(state = 'kept') <= (kept_for IS NOT NULL)", name="kept_has_person"),
    )
    unit_id: Mapped[str] = mapped_column(Id, primary_key=True)
    slot_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    overlap: Mapped[int]
    lane_id: Mapped[str] = mapped_column(Id)
    route_key: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), default="free")
    class_rank: Mapped[int] = mapped_column(default=0, server_default="0")  # of its unit's own class, if it has one
    kept_for: Mapped[str | None] = mapped_column(Id)  # an annotator: direct assignments and plans alike
    serve_from: Mapped[int] = mapped_column(default=0)  # served once this person has taken so many units of the lane
    back_at: Mapped[datetime | None]  # set when a slot came back or was added: the short return band
    lease_until: Mapped[datetime | None]
    assignment_id: Mapped[str | None] = mapped_column(Id)


class Assignment(Identified, Shared, Base):
    """A slot handed out to a person, kept for ever: a skip, a return and an expiry are states of this row."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("unit_id", "account_id", name="uq_nobody_meets_a_unit_twice"),
        Index("ix_assignment_open", "account_id", "state"),
        Index("ix_assignment_history", "account_id", "leased_at"),
        Index("ix_assignment_of_lane", "lane_id", "state"),
        within("unit", "unit_id"),
        CheckConstraint(
            "state IN ('leased', 'answered', 'late', 'skipped', 'returned', 'expired')", name="state_is_known"
        ),
        CheckConstraint("(state IN ('answered', 'late')) = (judgment_id IS NOT NULL)", name="answered_has_judgment"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    slot_no: Mapped[int]
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))
    epoch: Mapped[int] = mapped_column(default=1)  # fencing number, raised by each extension
    leased_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    rate_micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    ontology_id: Mapped[str] = mapped_column(Id)
    guideline_id: Mapped[str] = mapped_column(Id)
    take_key: Mapped[str | None] = mapped_column(String(128))
    submit_key: Mapped[str | None] = mapped_column(String(128))
    judgment_id: Mapped[str | None] = mapped_column(Id)
    draft_sealed: Mapped[str | None] = mapped_column(Text)
    draft_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(24))  # of a skip
    note: Mapped[str | None] = mapped_column(Text)
    draft = Sealed("draft_sealed")  # what was typed and not sent yet, as JSON


class LanePerson(Identified, Shared, Base):
    """One person in one lane: where they stand in the order of slots, and how many they took."""

    __tablename__ = "lane_person"
    __table_args__ = (
        UniqueConstraint("lane_id", "annotator_id", name="uq_lane_person"),
        Index("ix_lane_person_account", "account_id"),
        within("lane", "lane_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    cursor: Mapped[int] = mapped_column(BigInteger, default=-1)
    route_epoch: Mapped[int] = mapped_column(default=0)  # the lane's, when the cursor last began from the start
    taken: Mapped[int] = mapped_column(default=0)
    planned_to: Mapped[int] = mapped_column(default=0)  # the planner has placed its units up to this many taken
    seed: Mapped[int] = mapped_column(default=0)


class ProblemReport(Identified, Shared, Base):
    """Something is wrong with a unit, as an annotator saw it."""

    __tablename__ = "problem_report"
    __table_args__ = (
        UniqueConstraint("unit_id", "account_id", name="uq_report_once"),
        within("unit", "unit_id"),
        Index("ix_report_of_project", "project_id", "closed_at"),
    )
    unit_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(Id)
    answer: Mapped[str | None] = mapped_column(Text)


class Review(Identified, Shared, Base):
    """A second person's look at a unit: asked for by a sample, a weak consensus or a report, and its verdict."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "unit_id", "round", name="uq_review_round"),
        Index("ix_review_lane", "lane_id", "state", "asked_at"),
        Index("ix_review_client", "org_id", "state", "asked_at"),
        Index("ix_review_vendor", "vendor_org_id", "state", "asked_at"),
        within("unit", "unit_id"),
        CheckConstraint("state IN ('open', 'leased', 'done')", name="state_is_known"),
        CheckConstraint("(state = 'done') = (verdict IS NOT NULL)", name="done_has_verdict"),
        CheckConstraint("verdict <> 'reject' OR reason IS NOT NULL", name="rejected_has_reason"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    round: Mapped[int] = mapped_column(default=1)
    why: Mapped[str] = mapped_column(String(12))  # sample, weak, reported, rework, second, again
    state: Mapped[str] = mapped_column(String(10))
    reviewer_id: Mapped[str | None] = mapped_column(Id)  # an account
    lease_until: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(10))  # accept, fix, return, reject
    reason: Mapped[str | None] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(Text, default="")
    label: Mapped[dict[str, Any] | None]  # of a fix
    judgment_ids: Mapped[list[Any]]  # which judgments a rejection is about
    shown: Mapped[dict[str, Any] | None]  # the consensus as its reviewer saw it last, {} for none
    planted: Mapped[dict[str, Any] | None]  # what is shown of a known unit; the verdict on it changes nothing
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Release(Identified, Shared, Base):
    """An immutable, versioned delivery of a project's labels with its QA report."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "version", name="uq_release_version"),
        within("project", "project_id"),
        CheckConstraint("state IN ('building', 'delivered', 'accepted', 'returned', 'broken')", name="state_is_known"),
        CheckConstraint("state <> 'returned' OR reason <> ''", name="returned_has_reason"),
    )
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    units: Mapped[int] = mapped_column(default=0)
    files: Mapped[list[Any]]  # [{"name", "format", "stored_name", "sha256", "size"}]
    file_keys_sealed: Mapped[str | None] = mapped_column(Text)
    file_keys = SealedJson("file_keys_sealed")  # by stored name; a file without one is kept as it is
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the manifest
    report: Mapped[dict[str, Any]]
    lots: Mapped[list[Any]] = mapped_column(server_default="[]", default=list)  # what samples said as it was ordered
    in_spite: Mapped[str] = mapped_column(Text, default="", server_default="")  # why it was ordered in spite of them
    opened_by: Mapped[str | None] = mapped_column(Id)  # who let somebody else take restricted data away, for a day
    opened_at: Mapped[datetime | None]
    job_id: Mapped[str | None] = mapped_column(Id)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(Id)
    built_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")
    removed_at: Mapped[datetime | None]  # when its files went, but for the manifest


class LaneProgress(Shared, Base):
    """How far a lane is, counted by a job, so that no page counts units."""

    __tablename__ = "lane_progress"
    lane_id: Mapped[str] = mapped_column(Id, primary_key=True)
    units: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    full: Mapped[int] = mapped_column(default=0)
    review: Mapped[int] = mapped_column(default=0)
    settled: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # taken out of the work, and no part of `units`
    judgments: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)  # who answered in the last seven days
    able: Mapped[int] = mapped_column(default=0)  # who is qualified
    checked: Mapped[int] = mapped_column(default=0)  # judgments graded on gold
    right: Mapped[float] = mapped_column(Float, default=0.0)
    lot_rest: Mapped[
        int | None
    ]  # of the lot, what nobody was asked to look at; None until a lane with a plan is counted
    lot_known: Mapped[int] = mapped_column(default=0, server_default="0")  # known units beside it, settled like it
    lot_since: Mapped[datetime | None]  # when the release was ordered after which it begins
    told_checked: Mapped[int] = mapped_column(default=0)  # what the vendor may be told, as of `told_to`'s end
    told_right: Mapped[float] = mapped_column(Float, default=0.0)
    told_to: Mapped[date | None] = mapped_column(Date)
    forecast_on: Mapped[date | None] = mapped_column(Date)  # reckoned once a day; the days below are None if far off
    finish_middle: Mapped[date | None] = mapped_column(Date)  # in half of all futures the lane is done by then,
    finish_likely: Mapped[date | None] = mapped_column(Date)  # in four of five by then,
    finish_sure: Mapped[date | None] = mapped_column(Date)  # and in nineteen of twenty by then
    finish_chance: Mapped[float | None] = mapped_column(Float)  # that the deadline is met
    counted_at: Mapped[datetime]


class LaneDay(Shared, Base):
    """What was done in a lane on one day (UTC), counted by a job."""

    __tablename__ = "lane_day"
    lane_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    judgments: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
