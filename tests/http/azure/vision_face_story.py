"""The story of `azure-ai-vision-face`, sync and async: the same steps for both."""

from __future__ import annotations

from typing import Any

from azure.ai.vision.face.models import (
    FaceAttributeTypeDetection03,
    FaceAttributeTypeRecognition04,
    FaceDetectionModel,
    FaceRecognitionModel,
    FindSimilarMatchMode,
)

from .story import Step

NEW = {"detection_model": FaceDetectionModel.DETECTION03, "recognition_model": FaceRecognitionModel.RECOGNITION04}


def detect(name: str, **more: Any) -> Any:
    return lambda s: s.client.detect(s.picture(name), return_face_id=True, **NEW, **more)


def add(person: str, name: str, **more: Any) -> Any:
    return lambda s: s.groups.add_face(
        s.group, getattr(s, person).person_id, s.picture(name), detection_model="detection_03", **more
    )


def identify(*faces: str, **more: Any) -> Any:
    return lambda s: s.client.identify_from_large_person_group(
        face_ids=[getattr(s, face)[0].face_id for face in faces], large_person_group_id=s.group, **more
    )


def verify(one: str, other: str) -> Any:
    return lambda s: s.client.verify_face_to_face(
        face_id1=getattr(s, one)[0].face_id, face_id2=getattr(s, other)[0].face_id
    )


def named(answers: Any, index: int) -> list[str]:
    return [each.person_id for each in answers[index].candidates]


STEPS = (
    Step(
        "make a group",
        lambda s: s.groups.create(s.group, name="People", user_data="ours", recognition_model="recognition_04"),
    ),
    Step("a person", lambda s: s.groups.create_person(s.group, name="Barack", user_data="44"), keep="obama"),
    Step("another of the same name", lambda s: s.groups.create_person(s.group, name="Barack"), keep="biden"),
    Step("one without a face", lambda s: s.groups.create_person(s.group, name="Nobody"), keep="nobody"),
    Step("a face", add("obama", "obama.jpg", user_data="first"), keep="face"),
    Step(
        "the very same face again is the same face",
        add("obama", "obama.jpg"),
        lambda a, s: a.persisted_face_id == s.face.persisted_face_id,
    ),
    Step("a second face", add("obama", "obama3.jpg"), lambda a, s: a.persisted_face_id != s.face.persisted_face_id),
    Step("a face of the other", add("biden", "biden.jpg")),
    Step("train, with the poller", lambda s: s.groups.begin_train(s.group)),
    Step(
        "which has succeeded",
        lambda s: s.groups.get_training_status(s.group),
        lambda a, _: a.status == "succeeded" and a.last_successful_training_date_time is not None,
    ),
    Step(
        "detect with all that is measured",
        detect(
            "obama2.jpg",
            return_face_landmarks=True,
            return_recognition_model=True,
            face_id_time_to_live=120,
            return_face_attributes=[
                FaceAttributeTypeDetection03.HEAD_POSE,
                FaceAttributeTypeDetection03.MASK,
                FaceAttributeTypeRecognition04.QUALITY_FOR_RECOGNITION,
            ],
        ),
        lambda a, _: (
            len(a) == 1
            and a[0].recognition_model == "recognition_04"
            and a[0].face_rectangle.width > 36
            and a[0].face_landmarks.pupil_left.x < a[0].face_landmarks.nose_tip.x < a[0].face_landmarks.pupil_right.x
            and abs(a[0].face_attributes.head_pose.yaw) < 30
            and a[0].face_attributes.quality_for_recognition in ("high", "medium")
        ),
        keep="known",
    ),
    Step("detect a stranger", detect("astronaut.png"), lambda a, _: len(a) == 1, keep="stranger"),
    Step("detect another picture of the other", detect("biden.jpg"), lambda a, _: len(a) == 1, keep="other"),
    Step(
        "detect six, largest first",
        detect("t1.jpg"),
        lambda a, _: (
            [f.face_rectangle.width * f.face_rectangle.height for f in a]
            == sorted((f.face_rectangle.width * f.face_rectangle.height for f in a), reverse=True)
            and len(a) == 6
        ),
        keep="six",
    ),
    Step(
        "detect without ids",
        lambda s: s.client.detect(s.picture("obama.jpg"), return_face_id=False, **NEW),
        lambda a, _: len(a) == 1 and a[0].face_id is None,
    ),
    Step("a cat is no face", detect("chelsea.png"), lambda a, _: a == []),
    Step(
        "identify somebody known and a stranger",
        identify("known", "stranger"),
        lambda a, s: (
            named(a, 0) == [s.obama.person_id]
            and a[0].candidates[0].confidence > 0.5
            and a[0].face_id == s.known[0].face_id
            and named(a, 1) == []
        ),
        compares=1,
    ),
    Step(
        "a higher bar names nobody, a lower one nobody else",
        identify("known", confidence_threshold=0.99),
        lambda a, _: named(a, 0) == [],
        compares=1,
    ),
    Step(
        "nobody is named below the operating point",
        identify("stranger", confidence_threshold=0.01, max_num_of_candidates_returned=100),
        lambda a, _: named(a, 0) == [],
        compares=1,
    ),
    Step("detect a third picture", detect("obama3.jpg"), keep="third"),
    Step(
        "verify two faces of one",
        verify("known", "third"),
        lambda a, _: a.is_identical and a.confidence > 0.5,
        compares=1,
    ),
    Step(
        "verify two faces of two",
        verify("known", "other"),
        lambda a, _: not a.is_identical and a.confidence < 0.5,
        compares=1,
    ),
    Step(
        "verify a face and its person",
        lambda s: s.client.verify_from_large_person_group(
            face_id=s.known[0].face_id, large_person_group_id=s.group, person_id=s.obama.person_id
        ),
        lambda a, _: a.is_identical and "receipt" in dict(a),
        compares=1,
    ),
    Step(
        "find similar among faces",
        lambda s: s.client.find_similar(
            face_id=s.known[0].face_id,
            face_ids=[s.third[0].face_id, s.other[0].face_id, s.stranger[0].face_id],
            mode=FindSimilarMatchMode.MATCH_PERSON,
        ),
        lambda a, s: [each.face_id for each in a] == [s.third[0].face_id],
        compares=1,
    ),
    Step(
        "find similar, ranked to the last",
        lambda s: s.client.find_similar(
            face_id=s.known[0].face_id,
            face_ids=[s.other[0].face_id, s.third[0].face_id],
            mode=FindSimilarMatchMode.MATCH_FACE,
        ),
        lambda a, s: (
            [each.face_id for each in a] == [s.third[0].face_id, s.other[0].face_id]
            and a[0].confidence > 0.5 > a[1].confidence
        ),
        compares=1,
    ),
    Step(
        "group",
        lambda s: s.client.group(face_ids=[each[0].face_id for each in (s.known, s.other, s.third, s.stranger)]),
        lambda a, s: (
            [sorted(g) for g in a.groups] == [sorted([s.known[0].face_id, s.third[0].face_id])]
            and sorted(a.messy_group) == sorted([s.other[0].face_id, s.stranger[0].face_id])
        ),
        compares=1,
    ),
    # -- a large face list
    Step("make a list", lambda s: s.lists.create(s.list, name="Faces", recognition_model="recognition_04")),
    Step(
        "a face in it",
        lambda s: s.lists.add_face(s.list, s.picture("obama.jpg"), detection_model="detection_03", user_data="o"),
        keep="listed",
    ),
    Step("another", lambda s: s.lists.add_face(s.list, s.picture("biden.jpg"), detection_model="detection_03")),
    Step("train it", lambda s: s.lists.begin_train(s.list)),
    Step("its status", lambda s: s.lists.get_training_status(s.list), lambda a, _: a.status == "succeeded"),
    Step(
        "find similar in it",
        lambda s: s.client.find_similar_from_large_face_list(face_id=s.known[0].face_id, large_face_list_id=s.list),
        lambda a, s: [each.persisted_face_id for each in a] == [s.listed.persisted_face_id],
        compares=1,
    ),
    Step("its faces", lambda s: s.lists.get_faces(s.list, top=1), lambda a, _: len(a) == 1, keep="page"),
    Step(
        "the next page",
        lambda s: s.lists.get_faces(s.list, start=s.page[0].persisted_face_id, top=1),
        lambda a, s: len(a) == 1 and a[0].persisted_face_id > s.page[0].persisted_face_id,
    ),
    Step("change a face", lambda s: s.lists.update_face(s.list, s.listed.persisted_face_id, user_data="new")),
    Step(
        "read it",
        lambda s: s.lists.get_face(s.list, s.listed.persisted_face_id),
        lambda a, _: a.user_data == "new",
    ),
    Step("delete it", lambda s: s.lists.delete_face(s.list, s.listed.persisted_face_id)),
    Step("one is left", lambda s: s.lists.get_faces(s.list), lambda a, _: len(a) == 1),
    Step("rename the list", lambda s: s.lists.update(s.list, name="Others")),
    Step(
        "read the list",
        lambda s: s.lists.get(s.list, return_recognition_model=True),
        lambda a, _: (a.name, a.recognition_model) == ("Others", "recognition_04"),
    ),
    Step(
        "all lists", lambda s: s.lists.get_large_face_lists(), lambda a, s: s.list in [e.large_face_list_id for e in a]
    ),
    Step("delete the list", lambda s: s.lists.delete(s.list)),
    # -- what can be changed, read and deleted
    Step("rename the group", lambda s: s.groups.update(s.group, name="Folk", user_data="theirs")),
    Step(
        "read it again",
        lambda s: s.groups.get(s.group, return_recognition_model=True),
        lambda a, s: (
            (a.large_person_group_id, a.name, a.user_data, a.recognition_model)
            == (s.group, "Folk", "theirs", "recognition_04")
        ),
    ),
    Step(
        "all groups",
        lambda s: s.groups.get_large_person_groups(),
        lambda a, s: s.group in [g.large_person_group_id for g in a],
    ),
    Step(
        "groups after this one",
        lambda s: s.groups.get_large_person_groups(start=s.group),
        lambda a, s: s.group not in [g.large_person_group_id for g in a],
    ),
    Step("rename a person", lambda s: s.groups.update_person(s.group, s.biden.person_id, name="Joe")),
    Step(
        "read the person",
        lambda s: s.groups.get_person(s.group, s.biden.person_id),
        lambda a, _: a.name == "Joe" and len(a.persisted_face_ids) == 1,
    ),
    Step("two persons", lambda s: s.groups.get_persons(s.group, top=2), lambda a, _: len(a) == 2, keep="persons"),
    Step(
        "the third",
        lambda s: s.groups.get_persons(s.group, start=s.persons[-1].person_id, top=2),
        lambda a, s: len(a) == 1 and a[0].person_id not in [p.person_id for p in s.persons],
    ),
    Step(
        "change a person's face",
        lambda s: s.groups.update_face(s.group, s.obama.person_id, s.face.persisted_face_id, user_data="changed"),
    ),
    Step(
        "read the face",
        lambda s: s.groups.get_face(s.group, s.obama.person_id, s.face.persisted_face_id),
        lambda a, s: (a.persisted_face_id, a.user_data) == (s.face.persisted_face_id, "changed"),
    ),
    Step("delete a face", lambda s: s.groups.delete_face(s.group, s.obama.person_id, s.face.persisted_face_id)),
    Step(
        "one face is left",
        lambda s: s.groups.get_person(s.group, s.obama.person_id),
        lambda a, _: len(a.persisted_face_ids) == 1,
    ),
    Step("delete a person", lambda s: s.groups.delete_person(s.group, s.obama.person_id)),
    Step("who is found no more", identify("known"), lambda a, _: named(a, 0) == [], compares=1),
    Step("a new person", lambda s: s.groups.create_person(s.group, name="Barack again"), keep="again"),
    Step("of the same picture", add("again", "obama3.jpg")),
    Step("is found again", identify("known"), lambda a, s: named(a, 0) == [s.again.person_id], compares=1),
    Step("delete the group", lambda s: s.groups.delete(s.group)),
    Step(
        "it is gone",
        lambda s: s.groups.get_large_person_groups(),
        lambda a, s: s.group not in [g.large_person_group_id for g in a],
    ),
)
