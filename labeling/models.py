"""Tables of content: ontologies and guidelines in versions, and items. They belong to a client's project."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed, SealedByTenant
from kernel.db import Base, Id, Identified, Shared, within
from kernel.sealing import SealedJson, opened, sealed_json


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
    """One piece of content with its locale and classification. Nothing here dates it or tells what it is used for.

    The content is sealed under its client's key. `select(Item.content)` opens it, as `opened_content` does for a table.
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "locale", "fingerprint", name="uq_item_content_once"),
        Index("ix_item_class", "project_id", "classification"),
        Index("ix_item_ref", "org_id", "project_id", "client_ref"),
    )
    locale: Mapped[str] = mapped_column(String(35))
    classification: Mapped[str] = mapped_column(String(20))
    content_sealed: Mapped[str] = mapped_column(Text)
    content = SealedJson("content_sealed")
    fingerprint: Mapped[str] = mapped_column(String(64))
    client_ref: Mapped[str | None] = mapped_column(String(200))
    removed_at: Mapped[datetime | None]  # when its content went, at its project's time


def opened_content(items: Table) -> ColumnElement[Any]:
    """What a select from the table of items names to get the content, opened."""
    return opened(items.c, Item.__tablename__, "content_sealed")


def sealed_content(item_id: str, org_id: str, content: Any) -> str:
    """What is written of an item's content, where items go to the database without objects."""
    return sealed_json(content, Item.__tablename__, "content_sealed", item_id, org_id)


class ItemOriginal(Identified, Shared, Base):
    """What an item said before its personal data went behind placeholders, sealed. Its id is the item's."""

    __tablename__ = "item_original"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("item", "id"),
        Index("ix_original_of_project", "project_id"),
    )
    content_sealed: Mapped[str] = mapped_column(Text)
    content = SealedByTenant("content_sealed")  # as JSON


class Media(Identified, Shared, Base):
    """A picture or sound of a project. Nothing here tells what it is called, since when it is there, or what for.

    The file is kept under its own key, which is sealed here: without this row nobody can read it.
    """

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_media_of_project", "project_id", "id"),
    )
    kind: Mapped[str] = mapped_column(String(10))  # picture, sound
    media_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64))  # of what is kept, before it is encrypted
    stored_name: Mapped[str] = mapped_column(String(40))
    key_sealed: Mapped[str] = mapped_column(Text)
    key = Sealed("key_sealed")


class MediaUse(Shared, Base):
    """That an item shows a file. Contents are sealed, so that the database finds no file in them.

    It stays when the file is gone, as what the item says of it does.
    """

    __tablename__ = "media_use"
    __table_args__ = (
        within("item", "item_id"),
        Index("ix_media_use_of_file", "media_id"),
    )
    item_id: Mapped[str] = mapped_column(Id, primary_key=True)
    media_id: Mapped[str] = mapped_column(Id, primary_key=True)


class MediaName(Identified, Shared, Base):
    """What whoever brought a file calls it; its id is the file's. What the client calls a file no vendor may see."""

    __tablename__ = "media_name"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "project_id", "by_org_id", "name_key", name="uq_media_name_once"),
        within("media", "id"),
    )
    by_org_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400))
