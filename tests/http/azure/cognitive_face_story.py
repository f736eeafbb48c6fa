"""The story of `azure-cognitiveservices-vision-face` 0.6.1: small person groups and face lists, bodies in chunks."""

from __future__ import annotations

import io
from typing import Any

from .story import Step
from .vision_face_story import named

NEW = {"recognition_model": "recognition_04", "detection_model": "detection_03"}


def stream(s: Any, name: str) -> io.BytesIO:
    return io.BytesIO(s.picture(name))


def detect(name: str, **more: Any) -> Any:
    return lambda s: s.client.face.detect_with_stream(stream(s, name), **{**NEW, **more})


def add(person: str, name: str, **more: Any) -> Any:
    return lambda s: s.client.person_group_person.add_face_from_stream(
        s.group, getattr(s, person).person_id, stream(s, name), detection_model="detection_03", **more
    )


STEPS = (
    Step(
        "make a group",
        lambda s: s.client.person_group.create(
            s.group, name="People", user_data="ours", recognition_model="recognition_04"
        ),
    ),
    Step("a person", lambda s: s.client.person_group_person.create(s.group, name="Barack"), keep="obama"),
    Step("another", lambda s: s.client.person_group_person.create(s.group, name="Joe", user_data="46"), keep="biden"),
    Step("a face", add("obama", "obama.jpg", user_data="first"), keep="face"),
    Step("a face of the other", add("biden", "biden.jpg")),
    Step("train", lambda s: s.client.person_group.train(s.group)),
    Step(
        "which has succeeded",
        lambda s: s.client.person_group.get_training_status(s.group),
        lambda a, _: a.status == "succeeded" and a.created is not None,
    ),
    Step(
        "detect with attributes and landmarks",
        detect(
            "obama2.jpg",
            return_face_attributes=["headPose", "blur", "exposure"],
            return_face_landmarks=True,
            return_recognition_model=True,
        ),
        lambda a, _: (
            len(a) == 1
            and a[0].face_attributes.blur.blur_level == "Low"
            and a[0].face_attributes.exposure.exposure_level == "GoodExposure"
            and a[0].face_attributes.head_pose.roll is not None
            and a[0].face_landmarks.mouth_left.x < a[0].face_landmarks.mouth_right.x
        ),
        keep="known",
    ),
    Step("detect a stranger", detect("astronaut.png"), keep="stranger"),
    Step("detect the other", detect("biden.jpg"), keep="other"),
    Step(
        "identify both",
        lambda s: s.client.face.identify(
            [s.known[0].face_id, s.stranger[0].face_id], person_group_id=s.group, max_num_of_candidates_returned=3
        ),
        lambda a, s: named(a, 0) == [s.obama.person_id] and named(a, 1) == [],
        compares=1,
    ),
    Step(
        "verify two faces",
        lambda s: s.client.face.verify_face_to_face(s.known[0].face_id, s.other[0].face_id),
        lambda a, _: a.is_identical is False and a.confidence < 0.5,
        compares=1,
    ),
    Step(
        "verify a face and a person",
        lambda s: s.client.face.verify_face_to_person(s.known[0].face_id, s.obama.person_id, person_group_id=s.group),
        lambda a, _: a.is_identical is True and a.confidence > 0.5,
        compares=1,
    ),
    Step("detect a third picture", detect("obama3.jpg"), keep="third"),
    Step(
        "group",
        lambda s: s.client.face.group([each[0].face_id for each in (s.known, s.third, s.other)]),
        lambda a, s: (
            sorted(a.groups[0]) == sorted([s.known[0].face_id, s.third[0].face_id])
            and a.messy_group == [s.other[0].face_id]
        ),
        compares=1,
    ),
    Step("detect six", detect("t1.jpg"), lambda a, _: len(a) == 6, "six"),
    Step("make a face list", lambda s: s.client.face_list.create(s.list, name="F", recognition_model="recognition_04")),
    Step(
        "a face in it",
        lambda s: s.client.face_list.add_face_from_stream(s.list, stream(s, "obama.jpg"), user_data="o"),
        keep="listed",
    ),
    Step(
        "one of six, by its rectangle",
        lambda s: s.client.face_list.add_face_from_stream(
            s.list,
            stream(s, "t1.jpg"),
            target_face=[
                s.six[2].face_rectangle.left,
                s.six[2].face_rectangle.top,
                s.six[2].face_rectangle.width,
                s.six[2].face_rectangle.height,
            ],
        ),
        keep="one",
    ),
    Step(
        "find similar in it, without training",
        lambda s: s.client.face.find_similar(s.known[0].face_id, face_list_id=s.list),
        lambda a, s: [each.persisted_face_id for each in a] == [s.listed.persisted_face_id],
        compares=1,
    ),
    Step(
        "the one of six is the third of them",
        lambda s: s.client.face.find_similar(s.six[2].face_id, face_list_id=s.list),
        lambda a, s: [each.persisted_face_id for each in a] == [s.one.persisted_face_id],
        compares=1,
    ),
    Step(
        "the list with its faces",
        lambda s: s.client.face_list.get(s.list, return_recognition_model=True),
        lambda a, s: (
            sorted((f.persisted_face_id, f.user_data) for f in a.persisted_faces)
            == sorted([(s.listed.persisted_face_id, "o"), (s.one.persisted_face_id, None)])
        ),
    ),
    Step("delete a face", lambda s: s.client.face_list.delete_face(s.list, s.listed.persisted_face_id)),
    Step(
        "all face lists",
        lambda s: s.client.face_list.list(),
        lambda a, s: [e.name for e in a if e.face_list_id == s.list] == ["F"],
    ),
    Step("delete the list", lambda s: s.client.face_list.delete(s.list)),
    Step("rename the group", lambda s: s.client.person_group.update(s.group, name="Folk")),
    Step(
        "read it",
        lambda s: s.client.person_group.get(s.group),
        lambda a, _: (a.name, a.user_data) == ("Folk", "ours"),
    ),
    Step("groups", lambda s: s.client.person_group.list(), lambda a, s: s.group in [g.person_group_id for g in a]),
    Step(
        "it is no large one",
        lambda s: s.client.large_person_group.list(),
        lambda a, s: s.group not in [g.large_person_group_id for g in a],
    ),
    Step(
        "a page of persons",
        lambda s: s.client.person_group_person.list(s.group, top=1),
        lambda a, _: len(a) == 1,
        "page",
    ),
    Step(
        "the next",
        lambda s: s.client.person_group_person.list(s.group, start=s.page[0].person_id),
        lambda a, s: len(a) == 1 and a[0].person_id > s.page[0].person_id,
    ),
    Step(
        "change a face",
        lambda s: s.client.person_group_person.update_face(
            s.group, s.obama.person_id, s.face.persisted_face_id, user_data="new"
        ),
    ),
    Step(
        "read the face",
        lambda s: s.client.person_group_person.get_face(s.group, s.obama.person_id, s.face.persisted_face_id),
        lambda a, _: a.user_data == "new",
    ),
    Step("delete a person", lambda s: s.client.person_group_person.delete(s.group, s.obama.person_id)),
    Step(
        "who is found no more",
        lambda s: s.client.face.identify([s.known[0].face_id], person_group_id=s.group),
        lambda a, _: named(a, 0) == [],
        compares=1,
    ),
    Step("delete the group", lambda s: s.client.person_group.delete(s.group)),
)
