"""What is remembered, and nothing of a patient: no name, number, date of birth, value or text of a record.

The same tables on SQLite and PostgreSQL. Changes go through ``migrations/``; a test holds both together.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts by itself in INTEGER columns only

feedback = Table(
    "feedback",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("client", String(200), nullable=False),  # our name of the caller, "" without trust
    Column("service", String(100), nullable=False),
    Column("card", String(256), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("outcome_at", DateTime(timezone=True), nullable=False),
    Column("suggestions", Text, nullable=False),  # JSON list of uuids
    Column("reason_code", String(256), nullable=False),
    Column("reason_system", String(256), nullable=False),
    Column("comment", Text, nullable=False),  # "" unless the site keeps comments
    Column("mark", String(64), nullable=False),  # the same item sent again has the same
    UniqueConstraint("mark", name="feedback_once"),
    Index("feedback_card", "card"),
    Index("feedback_received", "received"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("client", String(200), nullable=False),
    Column("service", String(100), nullable=False),
    Column("hook", String(100), nullable=False),
    Column("hook_instance", String(256), nullable=False),
    Column("patient", String(64), nullable=False),  # keyed hash: the same patient, and nobody can tell which
    Column("status", Integer, nullable=False),
    Column("knowledge", String(100), nullable=False),
    Column("ms", Float, nullable=False),
    Column("findings", Text, nullable=False),  # JSON: [[check, indicator, shown], ...]
    Column("not_checked", Text, nullable=False),  # JSON: [[check, reason], ...]
    Column("cards", Text, nullable=False),  # JSON: [[uuid, indicator, [checks], [uuids of suggestions]], ...]
    Column("explained", Text, nullable=False),  # JSON: [[check, outcome, reason], ...]
    Index("calls_at", "at"),
    Index("calls_hook_instance", "hook_instance"),
)

shown = Table(
    "shown",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("client", String(200), nullable=False),
    Column("hook", String(100), nullable=False),
    Column("card", String(256), nullable=False),
    Column("level", Integer, nullable=False),
    Column("mark", String(64), nullable=False),  # keyed hash of patient and subject (``cds.repeats``)
    Index("shown_card", "card"),
    Index("shown_at", "at"),
)

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("client", String(200), primary_key=True),
    Column("mark", String(64), primary_key=True),
    Column("until", Float, nullable=False),  # Unix seconds
    Index("used_tokens_until", "until"),
)

keys = Table(
    "keys",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("value", String(200), nullable=False),
)
