"""Meanings: what each code by which something did not come in is called before people."""

from __future__ import annotations

from countenance.migration.code import Code

MEANINGS = {
    Code.CONTAINER_UNREADABLE: "the file, row or record cannot be read",
    Code.RECORD_TRUNCATED: "the record ends before its picture does",
    Code.CODEC_UNSUPPORTED: "a picture of a format that is not read here",
    Code.IMAGE_UNDECODABLE: "there are bytes, and they are no picture",
    Code.IMAGE_TRUNCATED: "the picture ends too early",
    Code.IMAGE_TOO_LARGE: "more bytes or pixels than are taken",
    Code.NO_FACE: "no face was found",
    Code.MANY_FACES: "several faces, and nothing says which is meant",
    Code.FACE_TOO_SMALL: "the face is too small",
    Code.POSE_OUT_OF_POLICY: "the source says that it is not frontal",
    Code.QUALITY_BELOW_GATE: "quality below the bounds that were set",
    Code.NO_NATIVE_ID: "nothing says whose it is",
    Code.NO_LEGAL_BASIS: "no legal basis or no retention date",
    Code.CONSENT_MISSING: "the source says that there is no consent",
    Code.MINOR_WITHOUT_BASIS: "a minor, and minors were not let in",
    Code.RETENTION_EXPIRED: "its retention date is past",
    Code.REFUSED: "the charter refused it",
    Code.UNACCEPTABLE: "a name or basis that the gallery cannot keep",
    Code.TEMPLATE_ONLY_NO_IMAGE: "the source holds no picture of it",
    Code.EXTERNAL_IMAGE_MISSING: "the picture that it names is not there",
    Code.UNSUPPORTED_39794: "ISO/IEC 39794-5, which is not read yet",
    Code.PICKLE_REFUSED: "a file that runs code when it is loaded; never loaded",
    Code.LIMIT_EXCEEDED: "reading it took more than is allowed",
    Code.READER_FAILED: "our reader failed",
    Code.NOT_FACE_MODALITY: "a record without a face picture",
    Code.NOT_A_PICTURE: "another kind of file",
    Code.SOURCE_SOFT_DELETED: "the source says that it was deleted",
    Code.DUPLICATE_IMAGE: "the very same picture was there",
    Code.TOMBSTONED_ID: "the person or record was erased or withdrew",
    Code.TOMBSTONED_IMAGE: "this picture was erased or withdrew",
    Code.TOMBSTONED_SIMILAR: "resembles a picture of somebody who withdrew",
    Code.CONFLICT_SAME_FACE_OTHER_SUBJECT: "the face of another subject, too",
    Code.CONFLICT_SAME_SUBJECT_OTHER_FACE: "unlike the other faces of its subject",
    Code.SUBJECT_REMOVED: "removed by the source, and in the gallery",
}
"""Notes have none: they keep nothing out."""
