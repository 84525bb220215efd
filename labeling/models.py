"""Tables of content: ontologies and guidelines in versions, and items. They belong to a client's project."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed
from kernel.db import Base, Id, Identified, Shared, within


class Ontology(Identified, Shared, Base):
    """One version of a project's label schema; never changed once published."""

    __tablename__ = "ontology"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "version", name="uq_ontology_version"),
    )
    version: Mapped[int]
    task_type: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(64))
    changelog: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(Id)


class Guideline(Identified, Shared, Base):
    """One version of the instructions to an ontology, one text per locale."""

    __tablename__ = "guideline"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "version", name="uq_guideline_version"),
    )
    version: Mapped[int]
    texts: Mapped[dict[str, Any]]  # locale -> text
    changelog: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(Id)


class Item(Identified, Shared, Base):
    """One piece of content with its locale and classification. Nothing here dates it or tells what it is used for."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "locale", "fingerprint", name="uq_item_content_once"),
        Index("ix_item_ref", "org_id", "project_id", "client_ref"),
    )
    locale: Mapped[str] = mapped_column(String(35))
    classification: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(64))
    client_ref: Mapped[str | None] = mapped_column(String(200))


class ItemOriginal(Identified, Shared, Base):
    """What an item said before its personal data went behind placeholders, sealed. Its id is the item's."""

    __tablename__ = "item_original"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("item", "id"),
        Index("ix_original_of_project", "project_id"),
    )
    content_sealed: Mapped[str] = mapped_column(Text)
    content = Sealed("content_sealed")  # as JSON
