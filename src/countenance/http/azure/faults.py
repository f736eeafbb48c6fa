"""Every fault of the Azure dialect: status, code and message as Azure's own table of error codes has them."""

from __future__ import annotations

from countenance.http.azure.kinds import Kind
from countenance.service.asking import NotAcquired, Refused
from countenance.service.kept_faces import FaceUnknown
from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.terms.errors import BrokenInput
from countenance.terms.permit import RefusalReason
from countenance.terms.receipt import Receipt


class Fault(BrokenInput):
    """An answer that is no success: ``status`` is HTTP's, ``code`` Azure's; ``inner`` is nested on v1.0 alone.

    ``receipt`` is of the entry that was made of it, where there is one.
    """

    def __init__(
        self, status: int, code: str, message: str, *, inner: bool = False, receipt: Receipt | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.inner = inner
        self.receipt = receipt


class Denied(Fault):
    """403 PurposeDenied, or PurposeRequired where none is named; the message cites the principle and the remedy."""

    def __init__(self, refused: Refused) -> None:
        refusal = refused.refusal
        cited = [f"Principle {each.id}: {each.sentence}" for each in refusal.principles]
        message = " ".join(filter(None, [refusal.sentence, *cited, refusal.remedy]))
        code = "PurposeRequired" if refusal.reason is RefusalReason.NO_PURPOSE else "PurposeDenied"
        super().__init__(403, code, message, receipt=refused.receipt)


def fault_of(outcome: object) -> Fault:
    """What an outcome is called where another one was wanted."""
    match outcome:
        case Refused():
            return Denied(outcome)
        case NotAcquired(failure=failure, receipt=receipt):
            return not_acquired(failure, receipt)
        case FaceUnknown():
            return face_not_found(400)
        case _:
            raise TypeError(f"nothing is said of {type(outcome).__name__}")


# Common to all operations.


def bad_argument(message: str) -> Fault:
    """400: something that the caller wrote."""
    return Fault(400, "BadArgument", message)


def bad_json() -> Fault:
    """400: a body that is no JSON object."""
    return bad_argument("JSON parsing error.")


def bad_body(why: str = "") -> Fault:
    """400: JSON, but not what this operation takes; ``why`` names the field."""
    return bad_argument(f"Request body is invalid.{' ' + why if why else ''}")


def invalid_image(message: str) -> Fault:
    """400: no face, several faces, or nothing that decodes."""
    return Fault(400, "InvalidImage", message)


def no_face() -> Fault:
    """400: nobody in the picture."""
    return invalid_image("No face detected in the image.")


def several_faces() -> Fault:
    """400: more than one, and no targetFace that says which."""
    return invalid_image("There is more than 1 face in the image.")


def undecodable() -> Fault:
    """400: not a picture that is read here, or a damaged one."""
    return invalid_image("Decoding error, image format unsupported.")


def image_too_small() -> Fault:
    """400: below 1 KB."""
    return Fault(400, "InvalidImageSize", "Image size is too small.")


def image_too_big() -> Fault:
    """400: above 6 MB, or more pixels than are decoded."""
    return Fault(400, "InvalidImageSize", "Image size is too big.")


def not_acquired(failure: FailureToAcquire, receipt: Receipt | None = None) -> Fault:
    """400: what a failure to acquire is called in this contract."""
    match failure.reason:
        case FailureReason.NO_FACE | FailureReason.FACE_TOO_SMALL:
            fault = no_face()
        case FailureReason.SEVERAL_FACES:
            fault = several_faces()
        case FailureReason.EMPTY:
            fault = image_too_small()
        case FailureReason.TOO_MANY_BYTES | FailureReason.TOO_MANY_PIXELS:
            fault = image_too_big()
        case _:
            fault = undecodable()
    fault.receipt = receipt
    return fault


def invalid_url(why: str = "") -> Fault:
    """400: an address that is not fetched, or that gave nothing; ``why`` says what to do."""
    return Fault(
        400, "InvalidURL", f"Invalid image URL or error downloading from target server.{' ' + why if why else ''}"
    )


def access_denied() -> Fault:
    """401: no key, a wrong one, an expired or a revoked one."""
    return Fault(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource.",
    )


def resource_not_found() -> Fault:
    """404: no such path or no such version of the interface."""
    return Fault(404, "404", "Resource not found")


def rate_limit(seconds: int) -> Fault:
    """429: too many requests."""
    return Fault(429, "429", f"Rate limit is exceeded. Try again in {seconds} seconds.")


def unsupported(message: str) -> Fault:
    """403: what this service does not do, and says so."""
    return Fault(403, "UnsupportedFeature", message, inner=True)


def retired_attributes() -> Fault:
    """403: guesses about age, sex, feelings and looks, which Azure retired and which are never made here."""
    return unsupported(
        "Return Attributes (emotion, gender, age, smile, facial hair, hair and makeup) have been deprecated and are no "
        "longer supported."
    )


def quota(message: str) -> Fault:
    """403: a list or a subject is full."""
    return Fault(403, "QuotaExceeded", message)


# Faces kept for a while, and recognition over them.


def face_not_found(status: int) -> Fault:
    """A faceId that is unknown, expired, or another key's: 404 inside verify, 400 elsewhere."""
    return Fault(status, "FaceNotFound", "Face is not found.")


def incompatible() -> Fault:
    """400: made for different recognition models."""
    return bad_argument("'recognitionModel' is incompatible.")


# Groups and lists: ``kind`` gives the words.


def invalid_id(kind: Kind, *, managing: bool) -> Fault:
    """An id that no group can have: 404 where one is looked for by its path, else 400."""
    message = f"{kind.words} ID is invalid."
    return Fault(404, f"{kind.code}NotFound", message) if managing else bad_argument(message)


def not_found(kind: Kind, status: int = 404) -> Fault:
    """No such group: 404 in its own routes, 400 inside recognition."""
    return Fault(status, f"{kind.code}NotFound", f"{kind.words} is not found.")


def exists(kind: Kind) -> Fault:
    """409: the id is taken."""
    return Fault(409, f"{kind.code}Exists", f"{kind.words} already exists.")


def not_trained(kind: Kind, status: int) -> Fault:
    """Never trained: 404 where the status is asked, 400 inside recognition."""
    verb = "is not trained" if kind.code == "LargeFaceList" and status == 400 else "not trained"
    return Fault(status, f"{kind.code}NotTrained", f"{kind.words} {verb}.")


def list_empty(kind: Kind) -> Fault:
    """400: a face list without faces."""
    return Fault(400, f"{kind.code}NotReady", f"{kind.words} is empty.")


def person_not_found(person: str, status: int = 404) -> Fault:
    """No such person in this group."""
    return Fault(status, "PersonNotFound", f"Person {person} is not found.")


def invalid_person() -> Fault:
    """404: a personId that is no UUID."""
    return Fault(404, "PersonNotFound", "Person ID is invalid.")


def persisted_face_not_found(kind: Kind, face: str) -> Fault:
    """404: no such face of this person or list."""
    words = "Large Face List Face" if kind.code == "LargeFaceList" else "Persisted face"
    return Fault(404, "PersistedFaceNotFound", f"{words} {face} is not found.")


def invalid_persisted_face() -> Fault:
    """404: a persistedFaceId that is no UUID."""
    return Fault(404, "PersistedFaceNotFound", "Persisted face ID is invalid.")


def person_without_face() -> Fault:
    """404: verified against somebody who has no face on file."""
    return Fault(404, "PersistedFaceNotFound", "No persisted face of the person is found.")


def conflict(resource: str) -> Fault:
    """409: somebody else is changing the same thing."""
    return Fault(
        409, "ConcurrentOperationConflict", f"There is a conflict operation on resource {resource}, please try later."
    )
