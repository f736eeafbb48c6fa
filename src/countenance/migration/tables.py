"""The tables of migrations: runs, and one line for each thing that a run decided about a record or an image.

In clear: random ids, times, codes, counts. What a source calls its records is a keyed digest, and where a person must
find a record again, sealed.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from countenance.storage.schema import metadata

migration = Table(
    "migration",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), nullable=False, index=True),  # no foreign key: the account outlives its gallery
    Column("source", LargeBinary, nullable=False),  # keyed digest of its kind and name
    Column("about", LargeBinary, nullable=False),  # sealed: path, name, options
    Column("kind", String(32), nullable=False),
    Column("version", String(16), nullable=False),  # of the reader
    Column("terms", String(64), nullable=False),  # digest of the options that decide
    Column("manifest", String(64), nullable=False),  # digest of the source's files, their sizes and times
    Column("batch", String(36)),  # where its references are; null while there are none
    Column("held", String(36)),  # the batch of those that wait for a person
    Column("state", String(10), nullable=False),  # of RunState
    Column("screened", Boolean, nullable=False),  # whether conflicts were looked for
    Column("cursor", BigInteger, nullable=False),  # so many of the source's steps are settled
    Column("census", JSON, nullable=False),
    Column("account", JSON),
    Column("verified", JSON),  # what the last sample showed
    Column("begun", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("seconds", Integer, nullable=False),  # at work, over all its starts
)

# Only added to, but that ``where`` is emptied in time. What holds for an item is its last line.
migration_line = Table(
    "migration_line",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("run", String(36), nullable=False),
    Column("item", LargeBinary, nullable=False),  # which image, or record without one, at which place of the source
    Column("key", LargeBinary, nullable=False),  # what makes a second run idempotent: source, native id, image
    Column("place", LargeBinary, nullable=False),  # where it is, without the image: another one there is newer
    Column("person", LargeBinary),  # null for a record that names nobody and has no image
    Column("unit", LargeBinary, nullable=False),
    Column("said", LargeBinary),  # keyed digest of the basis and the date that the source itself gave
    Column("image", Boolean, nullable=False),
    Column("exit", String(12), nullable=False),  # of Exit
    Column("code", String(40)),
    Column("reached", String(12), nullable=False),  # of Reached
    Column("notes", JSON, nullable=False),  # codes
    Column("quality", Integer),
    Column("reference", String(36)),
    Column("where", LargeBinary),  # sealed: unit, native id, offset; null for what was enrolled, whose reference has it
    Column("at", BigInteger, nullable=False),
    Index(None, "run", "item"),
    Index(None, "key"),
    Index(None, "place"),
    Index(None, "person"),
)
