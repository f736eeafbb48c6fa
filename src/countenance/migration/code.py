"""The codes: why an image or record was rejected, skipped or held, and what was noted on the way."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Stable words of reports; a new one is added, none is renamed."""

    # rejected
    CONTAINER_UNREADABLE = "container_unreadable"
    RECORD_TRUNCATED = "record_truncated"
    CODEC_UNSUPPORTED = "codec_unsupported"
    IMAGE_UNDECODABLE = "image_undecodable"
    IMAGE_TRUNCATED = "image_truncated"
    IMAGE_TOO_LARGE = "image_too_large"
    NO_FACE = "no_face"
    MANY_FACES = "many_faces"
    FACE_TOO_SMALL = "face_too_small"
    POSE_OUT_OF_POLICY = "pose_out_of_policy"
    QUALITY_BELOW_GATE = "quality_below_gate"
    NO_NATIVE_ID = "no_native_id"
    NO_LEGAL_BASIS = "no_legal_basis"
    CONSENT_MISSING = "consent_missing"
    MINOR_WITHOUT_BASIS = "minor_without_basis"
    RETENTION_EXPIRED = "retention_expired"
    REFUSED = "refused"
    UNACCEPTABLE = "unacceptable"
    TEMPLATE_ONLY_NO_IMAGE = "template_only_no_image"
    EXTERNAL_IMAGE_MISSING = "external_image_missing"
    UNSUPPORTED_39794 = "unsupported_39794"
    PICKLE_REFUSED = "pickle_refused"
    LIMIT_EXCEEDED = "limit_exceeded"
    READER_FAILED = "reader_failed"
    # skipped
    NOT_FACE_MODALITY = "not_face_modality"
    NOT_A_PICTURE = "not_a_picture"
    SOURCE_SOFT_DELETED = "source_soft_deleted"
    # duplicate
    DUPLICATE_IMAGE = "duplicate_image"
    # tombstoned
    TOMBSTONED_ID = "tombstoned_id"
    TOMBSTONED_IMAGE = "tombstoned_image"
    # held for a person
    TOMBSTONED_SIMILAR = "tombstoned_similar"
    CONFLICT_SAME_FACE_OTHER_SUBJECT = "conflict_same_face_other_subject"
    CONFLICT_SAME_SUBJECT_OTHER_FACE = "conflict_same_subject_other_face"
    SUBJECT_REMOVED = "subject_removed"
    """Somebody is here whom the source says it has removed."""
    # notes
    LEN_MISMATCH = "len_mismatch"
    CNT_MISMATCH = "cnt_mismatch"
    IDC_MISMATCH = "idc_mismatch"
    DUPLICATE_TAG = "duplicate_tag"
    BAD_TAG = "bad_tag"
    TRAILING_BYTES = "trailing_bytes"
    SEPARATOR_MISSING = "separator_missing"
    CHARACTER_SET = "character_set"
    SIZE_DECLARED_WRONG = "size_declared_wrong"
    CODEC_DECLARED_WRONG = "codec_declared_wrong"
    STRAY_BYTES = "stray_bytes"
    CAPTURE_DATE_INVALID = "capture_date_invalid"
    LABEL_CONFLICT = "label_conflict"
    DIGEST_MISMATCH = "digest_mismatch"
    MANY_TRANSACTIONS = "many_transactions"
    UNKNOWN_FIELD = "unknown_field"
    OTHER_NAME = "other_name"
    """An unchanged picture is somebody else's in the source now than when it came in."""
    OTHER_ROW = "other_row"
    """The source says another basis or date of an unchanged picture than when it came in: carried over."""
    OTHER_TERMS = "other_terms"
    """An unchanged picture came in under other terms of the operator: basis, date, map, …."""
