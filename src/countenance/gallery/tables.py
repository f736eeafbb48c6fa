"""The tables of the gallery.

In clear: random ids, times, the consent basis and the retention date, digests of recipes, quality values. Sealed
under the subject's key: names, metadata, templates, sample digests, kept pictures. What must be found without
being readable (names, samples) is a keyed digest under the gallery's key.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from countenance.storage.schema import metadata

pairing = Table(
    "pairing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("subject_keys", String(32), nullable=False),  # the key store that belongs to these data
    Column("erasures", BigInteger, nullable=False),  # how many of its destructions are done here too
)

gallery = Table(
    "gallery",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("pseudonym", String(32), nullable=False, unique=True),
    Column("name_digest", LargeBinary, nullable=False, unique=True),
    Column("name", LargeBinary, nullable=False),  # sealed under the gallery's key
    Column("keep", String(8), nullable=False),
    Column("space", String(64)),  # set by the first enrolment, changed by a switch; what is compared is of it
    Column("created", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the last number given to a change of its references or subjects
    Column("about", LargeBinary),  # sealed under the gallery's key: metadata; null where there are none
)

# What came in together and is seen together or not at all: the references of a migration.
batch = Table(
    "batch",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), ForeignKey("gallery.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),  # BatchState; who is seen hangs from it alone (see ``shown``)
    Column("created", BigInteger, nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), ForeignKey("gallery.id"), nullable=False),
    Column("key", String(36), nullable=False, unique=True),  # its id in the key store
    Column("name_digest", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),  # sealed: name, metadata, former names
    Column("basis", String(64), nullable=False),
    Column("retain_until", BigInteger, index=True),
    Column("created", BigInteger, nullable=False),
    Column("batch", String(36), nullable=False, server_default=""),  # which one made them; empty for none
    UniqueConstraint("gallery", "name_digest"),
    Index(None, "gallery", "id"),  # for reading them a page at a time
    Index(None, "gallery", "batch"),
)

recipe = Table(
    "recipe",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("space", String(64), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON of terms.Recipe: what made the templates, for ever
)

reference = Table(
    "reference",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), ForeignKey("gallery.id"), nullable=False),
    Column("subject", String(36), ForeignKey("subject.id"), nullable=False, index=True),
    # Rises with every reference of the gallery and is never used again: a cache of the references knows by it
    # what it lacks.
    Column("seq", BigInteger, nullable=False),
    Column("recipe", String(64), ForeignKey("recipe.digest"), nullable=False),
    Column("sample_digest", LargeBinary, nullable=False),
    Column("face", String(8), nullable=False),
    Column("quality", JSON, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("kept", String(8), nullable=False),
    Column("template", LargeBinary, nullable=False),  # sealed: float32, little-endian
    Column("source", LargeBinary, nullable=False),  # sealed: the sample's SHA-256
    Column("about", LargeBinary),  # sealed: metadata; null where there are none
    Column("batch", String(36), nullable=False, server_default=""),  # which one it came with; empty for none
    Column("superseded", String(36), nullable=False, server_default=""),  # the batch that has a newer one instead
    Column("retain_until", BigInteger),  # of a batch's: its subject's too, from when the batch is published
    UniqueConstraint("gallery", "seq"),
    UniqueConstraint("gallery", "batch", "sample_digest", "face"),
    Index(None, "gallery", "sample_digest"),
    Index(None, "gallery", "id"),
    Index(None, "gallery", "batch", "superseded"),  # all that counting the visible ones reads
)

# A reference's template by another recipe than that which it was enrolled by. It is compared where the gallery is in
# its space.
other_template = Table(
    "other_template",
    metadata,
    Column("reference", String(36), ForeignKey("reference.id"), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("recipe", String(64), ForeignKey("recipe.digest"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # as the reference's own
)

# What was taken out, by the number of the change: what another node has in memory follows by it. With ``reference`` it
# is that one alone, else all of the subject's.
removal = Table(
    "removal",
    metadata,
    Column("gallery", String(36), ForeignKey("gallery.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(36), nullable=False),
    Column("reference", String(36)),
)

# What a node has on its disk of a gallery's index, so that it need not be made anew at every start (see ``cache``).
cached = Table(
    "cached",
    metadata,
    Column("gallery", String(36), ForeignKey("gallery.id"), primary_key=True),
    Column("log", String(255), primary_key=True),  # the node, by its log
    Column("seq", BigInteger, nullable=False),  # the last change that is in it
    Column("sealed", BigInteger, nullable=False),  # it has the references with numbers up to this one
    Column("space", String(64), nullable=False),
    Column("files", JSON, nullable=False),  # of each: name, and how many rows, dimensions and bytes of an id
)

# Apart from the references, so that reading all templates does not read past all pictures.
picture = Table(
    "picture",
    metadata,
    Column("reference", String(36), ForeignKey("reference.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# Of a reference that came from another house: proofs that its log admitted it, and which log that is.
proof_elsewhere = Table(
    "proof_elsewhere",
    metadata,
    Column("reference", String(36), ForeignKey("reference.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # under the subject's key
)

# A subject who withdrew. ``proposed`` and ``proposer`` (a keyed digest) where one of the two who lift it has spoken.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("proposed", BigInteger),
    Column("proposer", LargeBinary),
    Column("lifted", Boolean),  # then it stands no more, on no node; null while it stands
)

# What a withdrawal leaves: enough to know the name and the samples again, nothing to know the subject by. The digests
# hang from the root key and the gallery's name, so they outlive the gallery.
tombstone = Table(
    "tombstone",
    metadata,
    Column("withdrawal", String(36), ForeignKey("withdrawal.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True, index=True),
)

# A gallery that came from another house knows again who withdrew there: the key of their digests, which lie among the
# tombstones. ``gallery`` is the keyed digest of its name here, for it outlives the gallery as they do.
withdrawal_key = Table(
    "withdrawal_key",
    metadata,
    Column("gallery", LargeBinary, primary_key=True),
    Column("id", LargeBinary, primary_key=True),  # keyed digest of the key
    Column("sealed", LargeBinary, nullable=False),  # under the root key
)

# Keys that an erasure of a single reference has replaced and that are still to be destroyed.
retired_key = Table("retired_key", metadata, Column("id", String(36), primary_key=True))

# One row for each gallery's pseudonym and one, with an empty pseudonym, for comparisons outside galleries. Where
# several nodes share the database each counts for its own ``log``, which is empty elsewhere.
use_count = Table(
    "use_count",
    metadata,
    Column("log", String(255), primary_key=True),
    Column("pseudonym", String(32), primary_key=True),
    Column("used", BigInteger, nullable=False),  # the last number given, as known at the last orderly end
    Column("reserved", BigInteger, nullable=False),  # no number above this one was ever given
)

# Templates that are kept for a while, outside galleries, for whoever had them made.
face_id = Table(
    "face_id",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", LargeBinary, nullable=False),  # keyed digest
    Column("sample_digest", LargeBinary, nullable=False, index=True),  # keyed digest
    Column("expires", BigInteger, nullable=False, index=True),
    Column("bucket", BigInteger, nullable=False),  # the date with which its key is destroyed
    Column("recipe", String(64), ForeignKey("recipe.digest"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # under the bucket's key: what was kept
)
