"""Tables of truth and skill: gold, tests, judgments, grades, tracks, consensus. Judgments and grades are events."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from calibration.models.fairness import FairnessCell as FairnessCell
from calibration.models.gates import Backtest as Backtest
from calibration.models.gates import GateFiring as GateFiring
from calibration.models.gates import GateRule as GateRule
from calibration.models.inference import Consensus as Consensus
from calibration.models.inference import InferenceRun as InferenceRun
from calibration.models.languages import LanguageCheck as LanguageCheck
from calibration.models.languages import LanguagePrompt as LanguagePrompt
from calibration.models.languages import LanguageRecording as LanguageRecording
from calibration.models.languages import LanguageVote as LanguageVote
from calibration.models.proposals import GoldProposal as GoldProposal
from calibration.models.tracks import Folded as Folded
from calibration.models.tracks import PeerPair as PeerPair
from calibration.models.tracks import Track as Track
from calibration.models.tracks import TrackDay as TrackDay
from kernel.db import Base, Id, Identified, Owned, Shared, within


class GoldSet(Identified, Owned, Base):
    """A versioned collection of gold, owned by a client."""

    __tablename__ = "gold_set"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "name", name="uq_gold_set_name"),
    )
    project_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)


class GoldKey(Identified, Owned, Base):
    """The right answer to an item. No role that serves annotators or vendors may read this table."""

    __tablename__ = "gold_key"
    __table_args__ = (
        UniqueConstraint("org_id", "item_id", name="uq_gold_key_item"),
        Index("ix_gold_key_lane", "lane_id", "pool", "status"),
        Index("ix_gold_key_item", "item_id"),
        Index("ix_gold_key_owner", "org_id", "id", unique=True),
        within("gold_set", "gold_set_id"),
        within("item", "item_id"),
        CheckConstraint("pool IN ('training', 'exam', 'live')", name="pool_is_known"),
        CheckConstraint("status IN ('active', 'suspended', 'retired')", name="status_is_known"),
    )
    gold_set_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    lane_id: Mapped[str] = mapped_column(Id)
    pool: Mapped[str] = mapped_column(String(10))
    truth: Mapped[dict[str, Any]]
    category: Mapped[str | None] = mapped_column(String(120))
    explanation: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(12), default="active")
    exposures: Mapped[int] = mapped_column(default=0)
    exposure_cap: Mapped[int] = mapped_column(default=30)
    author_id: Mapped[str | None] = mapped_column(Id)
    also: Mapped[list[Any]] = mapped_column(default=list)  # further answers that count as right
    voided: Mapped[bool] = mapped_column(default=False)  # what it gave counts for nothing
    source: Mapped[str] = mapped_column(String(10), default="expert")  # expert; settled: its answer is people's own
    added_at: Mapped[datetime | None]
    link: Mapped[str | None] = mapped_column(String(120))  # the same question has this mark in every language
    answers: Mapped[int] = mapped_column(default=0)  # that the figures below rest on
    difficulty: Mapped[float | None] = mapped_column(Float)  # ability at which half of what chance leaves is right
    discrimination: Mapped[float | None] = mapped_column(Float)
    measured: Mapped[dict[str, Any]] = mapped_column(default=dict)  # errors of these figures, flags, by language
    measured_at: Mapped[datetime | None]


class GoldKeyVersion(Identified, Owned, Base):
    """What a key said from a moment on, and why it changed. An event: never changed, never removed."""

    __tablename__ = "gold_key_version"
    __table_args__ = (
        UniqueConstraint("org_id", "key_id", "version", name="uq_gold_key_version_once"),
        within("gold_key", "key_id"),
    )
    key_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    truth: Mapped[dict[str, Any]]
    also: Mapped[list[Any]]
    status: Mapped[str] = mapped_column(String(12))
    cause: Mapped[str] = mapped_column(String(12))  # corrected, both, void, suspended, restored
    dispute_id: Mapped[str | None] = mapped_column(Id)
    by_account_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime]


class Dispute(Identified, Shared, Base):
    """A right answer that is contested, by a person or by what proven people answer, until somebody else decides.

    While it is open its key grades nobody. `answer` is what the person gave, or what proven people give instead.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "account_id", "item_id", name="uq_dispute_once"),
        Index("ix_dispute_open", "org_id", "decided_at", "due_at"),
        Index("ix_dispute_item", "org_id", "item_id"),
        within("item", "item_id"),
        CheckConstraint("source IN ('training', 'exam', 'live', 'people')", name="source_is_known"),
        CheckConstraint(
            "outcome IN ('agreed', 'rejected', 'corrected', 'both', 'void', 'lapsed')", name="outcome_is_known"
        ),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided_has_outcome"),
        CheckConstraint("(source = 'people') = (account_id IS NULL)", name="people_are_nobody"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    source: Mapped[str] = mapped_column(String(10))
    annotator_id: Mapped[str | None] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)
    attempt_id: Mapped[str | None] = mapped_column(Id)
    receipt_id: Mapped[str | None] = mapped_column(Id)  # of the decision from whose evidence it was opened
    ontology_id: Mapped[str] = mapped_column(Id)
    answer: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[dict[str, Any]]  # what proven people's answers add up to; empty for a person's
    key_version: Mapped[int]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(10))
    reply: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_before: Mapped[list[Any]]  # who decided it earlier, where an appeal had it opened again
    answer_receipt_id: Mapped[str | None] = mapped_column(Id)


class Disclosure(Identified, Shared, Base):
    """An answer that a decision rests on was shown to its person, with the right one, whose key retired. An event."""

    __tablename__ = "disclosure"
    __table_args__ = (
        UniqueConstraint("org_id", "receipt_id", "judgment_id", name="uq_disclosure_once"),
        Index("ix_disclosure_receipt", "vendor_org_id", "receipt_id"),
        within("judgment", "judgment_id"),
        within("item", "item_id"),
    )
    receipt_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    judgment_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class Exposure(Identified, Shared, Base):
    """A person met an item under a known answer; nobody does so twice in their life."""

    __tablename__ = "exposure"
    __table_args__ = (
        UniqueConstraint("org_id", "account_id", "item_id", name="uq_exposure_once"),
        Index("ix_exposure_account", "account_id", "item_id"),
    )
    account_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    use: Mapped[str] = mapped_column(String(10))  # training, exam, live; work: before it was gold
    at: Mapped[datetime]


class QualificationTest(Identified, Shared, Base):
    """One published version of a lane's test: the plan with its exact error rates, and the rules of attempts."""

    __tablename__ = "qualification_test"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "lane_id", "version", name="uq_test_version"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))  # sequential, fixed
    p0: Mapped[float] = mapped_column(Float)
    p1: Mapped[float] = mapped_column(Float)
    alpha: Mapped[float] = mapped_column(Float)
    beta: Mapped[float] = mapped_column(Float)
    plan: Mapped[dict[str, Any]]  # the computed plan: questions, pass_mark, exact figures
    training_questions: Mapped[int]
    attempts_most: Mapped[int]
    cool_down_hours: Mapped[list[Any]]
    minutes: Mapped[int]
    ontology_id: Mapped[str] = mapped_column(Id)
    guideline_id: Mapped[str] = mapped_column(Id)
    purpose: Mapped[str] = mapped_column(String(10), default="entrance")  # entrance, check (of people who are in)
    strata: Mapped[str] = mapped_column(String(20), default="class")  # none, class, class_difficulty
    begin_hours: Mapped[int] = mapped_column(default=24)  # how long an attempt waits for its first exam answer
    expires_days: Mapped[int | None]  # how long a pass counts; None for ever
    is_paid: Mapped[bool] = mapped_column(default=False)  # each exam question earns what a unit of the lane earns
    accepted: Mapped[list[Any]] = mapped_column(default=list)  # warnings that the publisher took on
    about: Mapped[str] = mapped_column(Text, default="")  # what has changed, of a check
    categories: Mapped[list[Any]] = mapped_column(default=list)  # classes that a check asks about; all, if empty
    due_at: Mapped[datetime | None]  # until when people who are in pass a check
    is_open: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(Id)


_ATTEMPT_UNDER_WAY = column("state").in_(("training", "exam"))


class Attempt(Identified, Shared, Base):
    """One person's go at a test; the server holds its state and clock. One at a time, in whatever lane."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "lane_id", "account_id", "number", name="uq_attempt_number"),
        Index("ix_attempt_annotator", "vendor_org_id", "annotator_id"),
        Index("ix_attempt_account", "account_id", "lane_id", "number"),
        Index("ix_attempt_project", "project_id", "number", "state"),
        Index(
            "uq_attempt_under_way",
            "account_id",
            unique=True,
            sqlite_where=_ATTEMPT_UNDER_WAY,
            postgresql_where=_ATTEMPT_UNDER_WAY,
        ),
        within("qualification_test", "test_id"),
        CheckConstraint("state IN ('training', 'exam', 'passed', 'failed', 'ended')", name="state_is_known"),
    )
    test_id: Mapped[str] = mapped_column(Id)
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(10), default="entrance")  # of its test
    network: Mapped[str | None] = mapped_column(String(64))  # /24 or /48, of where it was begun
    state: Mapped[str] = mapped_column(String(10))
    seed: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    right: Mapped[int] = mapped_column(default=0)
    by_class: Mapped[dict[str, Any]]  # class -> [asked, right]
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]  # when another attempt is possible
    renewed_at: Mapped[datetime | None]  # when the question at hand took the place of one that was withheld
    called_off_at: Mapped[datetime | None]  # it ended for want of what it could ask
    short_of: Mapped[str | None] = mapped_column(String(120))  # the class of question that it wanted


class AttemptQuestion(Identified, Shared, Base):
    """A question of an attempt and its final answer. The score is kept apart from what the page shows."""

    __tablename__ = "attempt_question"
    __table_args__ = (
        UniqueConstraint("org_id", "attempt_id", "position", name="uq_question_position"),
        within("attempt", "attempt_id"),
        within("item", "item_id"),
    )
    attempt_id: Mapped[str] = mapped_column(Id)
    position: Mapped[int]
    stage: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[str] = mapped_column(Id)
    answer: Mapped[dict[str, Any] | None]
    score: Mapped[float | None] = mapped_column(Float)
    answered_at: Mapped[datetime | None]


class QuestionGrade(Identified, Shared, Base):
    """An exam answer scored again after its key had changed. An event: the newest version counts."""

    __tablename__ = "question_grade"
    __table_args__ = (
        UniqueConstraint("org_id", "question_id", "key_version", name="uq_question_grade_once"),
        Index("ix_question_grade_attempt", "org_id", "attempt_id"),
        within("attempt", "attempt_id"),
    )
    attempt_id: Mapped[str] = mapped_column(Id)
    question_id: Mapped[str] = mapped_column(Id)
    key_version: Mapped[int]
    truth_category: Mapped[str | None] = mapped_column(String(120))
    score: Mapped[float] = mapped_column(Float)
    is_right: Mapped[bool]
    is_void: Mapped[bool]
    at: Mapped[datetime]


class Qualification(Identified, Shared, Base):
    """What opens a lane to a person: a passed test, or a waiver that a vendor's person recorded with a reason."""

    __tablename__ = "qualification"
    __table_args__ = (
        UniqueConstraint("org_id", "lane_id", "annotator_id", name="uq_qualification_once"),
        Index("ix_qualification_annotator", "vendor_org_id", "annotator_id"),
        Index("ix_qualification_lane", "vendor_org_id", "lane_id", "annotator_id"),
        CheckConstraint("basis <> 'waiver' OR reason <> ''", name="waiver_has_reason"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    basis: Mapped[str] = mapped_column(String(10))  # test, waiver
    attempt_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")
    since_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    check_id: Mapped[str | None] = mapped_column(Id)  # the newest check passed
    paused_until: Mapped[datetime | None]  # set by a gate, with its receipt
    pause_receipt_id: Mapped[str | None] = mapped_column(Id)
    granted_by: Mapped[str | None] = mapped_column(Id)


class TestInvitation(Identified, Owned, Base):
    """A vendor asked a person to take a lane's test, when last."""

    __test__ = False
    __tablename__ = "test_invitation"
    __table_args__ = (
        UniqueConstraint("org_id", "lane_id", "annotator_id", name="uq_test_invitation_once"),
        within("annotator", "annotator_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    by_account_id: Mapped[str | None] = mapped_column(Id)


class Judgment(Identified, Shared, Base):
    """An answer together with who, when, how long, under which versions. An event: never changed, never removed."""

    __tablename__ = "judgment"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "assignment_id", name="uq_judgment_per_assignment"),
        Index("ix_judgment_of_unit", "unit_id"),
        Index("ix_judgment_of_lane", "lane_id", "answered_at"),
        Index("ix_judgment_annotator", "vendor_org_id", "annotator_id", "answered_at"),
        within("item", "item_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    assignment_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    ontology_id: Mapped[str] = mapped_column(Id)
    guideline_id: Mapped[str] = mapped_column(Id)
    answer: Mapped[dict[str, Any]]
    category: Mapped[str | None] = mapped_column(String(120))  # of a closed answer set; None for spans and the like
    is_late: Mapped[bool] = mapped_column(default=False)  # kept and paid, outside the overlap
    answered_at: Mapped[datetime]
    seconds: Mapped[int]


class PendingGrade(Base, Shared):
    """Judgments that the grading job has still to look at: all of them wait here alike."""

    __tablename__ = "pending_grade"
    judgment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    lane_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class Grade(Identified, Owned, Base):
    """A judgment compared with a key. An event: a correction is a further grade that voids it."""

    __tablename__ = "grade"
    __table_args__ = (
        UniqueConstraint("org_id", "judgment_id", "key_version", name="uq_grade_once"),
        Index("ix_grade_of_person", "lane_id", "annotator_id", "at"),
        Index("ix_grade_item", "org_id", "item_id"),
        within("judgment", "judgment_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    judgment_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    key_version: Mapped[int]
    truth_category: Mapped[str | None] = mapped_column(String(120))
    category: Mapped[str | None] = mapped_column(String(120))
    score: Mapped[float] = mapped_column(Float)
    is_void: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class BehaviourReview(Identified, Shared, Base):
    """A signal in how somebody works, for a person to look at. By itself it changes nothing for anybody."""

    __tablename__ = "behaviour_review"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_behaviour_review_open", "vendor_org_id", "decided_at", "opened_at"),
        Index("ix_behaviour_review_person", "vendor_org_id", "annotator_id"),
        Index("ix_behaviour_review_lane", "lane_id", "opened_at"),
        CheckConstraint("outcome IN ('nothing', 'more_checks', 'pause')", name="outcome_is_known"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided_has_outcome"),
        CheckConstraint("outcome IS NULL OR decided_by IS NOT NULL", name="decided_by_a_person"),
        CheckConstraint("(outcome = 'pause') <= (receipt_id IS NOT NULL)", name="pause_has_receipt"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    other_id: Mapped[str | None] = mapped_column(Id)  # the other person, where two are alike
    signal: Mapped[str] = mapped_column(String(12))  # speed, monotony, copying, leak
    figures: Mapped[dict[str, Any]]  # what was measured, the bound, and how often honest people are flagged
    evidence: Mapped[list[Any]]  # references: [{"kind": "judgment", "id": …}, …]
    opened_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    receipt_id: Mapped[str | None] = mapped_column(Id)


class BehaviourLook(Shared, Base):
    """What a signal said of a lane's honest people when it was last looked for there, whether or not it was found."""

    __tablename__ = "behaviour_look"
    __table_args__ = (Index("ix_behaviour_look_vendor", "vendor_org_id", "signal", "at"),)
    lane_id: Mapped[str] = mapped_column(Id, primary_key=True)
    signal: Mapped[str] = mapped_column(String(12), primary_key=True)
    people: Mapped[int]
    flagged: Mapped[int]
    at: Mapped[datetime]
