"""The comparing half of the door: each act wants a receipt, checks it, uses it up, then calls the kernel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import numpy as np

from countenance.gallery import kernel
from countenance.gallery.admission import Admission, ways_to_name
from countenance.gallery.comparisons import Comparisons
from countenance.gallery.fit import want_named, want_one_space, want_space, want_template
from countenance.gallery.grouping import connected
from countenance.gallery.index.filter import Filter
from countenance.gallery.index.index import Snapshot
from countenance.gallery.index.tally import Stages, tally
from countenance.gallery.memory import Memory, Opened
from countenance.gallery.neighbours import Neighbours, find_neighbours, merged
from countenance.gallery.shards.question import Question, Shards
from countenance.gallery.trials import Crossing, Positions, ScoredTrials, score_trials
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate, ComparisonResult, GroupResult, SearchResult
from countenance.terms.errors import Malformed, SealBroken, UnknownName
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

T = TypeVar("T")


class Comparing:
    """Searches run side by side and beside a writer, over the index in memory."""

    def __init__(self, admission: Admission, memory: Memory, shards: Shards | None = None) -> None:
        """``shards``: where galleries are searched that are larger than this machine; None for here."""
        self._admission = admission
        self._memory = memory
        self._shards = shards

    @property
    def stages(self) -> Stages:
        """How many references each stage of the searches of this process left: see docs/search.md."""
        return tally().stages

    def search(
        self,
        receipt: Receipt,
        probe: Template,
        k: int,
        threshold: float | None,
        *,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> SearchResult:
        """The ``k`` best subjects of the receipt's gallery at or above ``threshold`` (inclusive; None for no bar).

        ``only`` and ``without``: ids of subjects; the search is about nobody else, and not about those.
        The receipt: SEARCH, of a gallery and the probe's face of its sample. Raises RecipeMismatch, UnknownName.
        """
        about = Filter(only, without)
        return self._search(receipt, ways_to_name([probe.sample]), [probe], k, threshold, about)[0]

    def search_many(
        self,
        receipt: Receipt,
        samples: Sequence[SampleRef],
        probes: Sequence[Template],
        k: int,
        threshold: float | None,
        *,
        batch: str = "",
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> tuple[SearchResult, ...]:
        """Search for several probes under one set receipt, which names ``samples`` and bounds how many probes.

        With ``batch`` (an id) over the gallery with what is staged there beside it.
        """
        want_named(probes, samples)
        return self._search(receipt, [tuple(samples)], probes, k, threshold, Filter(only, without), batch)

    def neighbours(
        self,
        receipt: Receipt,
        samples: Sequence[SampleRef],
        references: Sequence[str],
        *,
        batch: str = "",
        least: float | None = None,
    ) -> tuple[Neighbours, ...]:
        """Who is nearest to each of these references (by id) in the gallery, with what is staged in ``batch``.

        See ``find_neighbours``. The receipt: SEARCH, of a gallery and the set ``samples``, allowing one each.
        """
        checked = self._admission.check(receipt, Action.SEARCH, None, [tuple(samples)], len(references))
        templates = self._memory.templates(checked.gallery, references)
        looked = self._look(checked, batch)
        admitted = self._admission.spend(checked, len(references))
        return self._asked(checked, batch, looked, lambda them: find_neighbours(admitted, them, templates, least))

    def duplicates(
        self, receipt: Receipt, samples: Sequence[SampleRef], references: Sequence[str], threshold: float
    ) -> tuple[SearchResult, ...]:
        """For each of these references (by id) of a gallery every other subject at or above ``threshold``.

        The receipt: GROUP, of a gallery and the set ``samples``, allowing one each. Raises UnknownName.
        """
        checked = self._admission.check(receipt, Action.GROUP, None, [tuple(samples)], len(references))
        templates = self._memory.templates(checked.gallery, references)
        opened = self._look(checked, "")
        admitted = self._admission.spend(checked, len(references))
        vectors = [vector for _, vector in templates]
        found, compared = self._whole(
            checked, "", opened, lambda each: kernel.nearest(admitted, each, vectors, len(each) + 1, threshold)
        )
        return tuple(
            SearchResult(tuple(each for each in mine if each.subject != subject), compared, admitted.use)
            for (subject, _), mine in zip(templates, found[0], strict=True)
        )

    def compare(self, receipt: Receipt, a: Template, b: Template) -> ComparisonResult:
        """The score of one pair. The receipt: VERIFY, of no gallery and both faces."""
        want_one_space([a, b])
        self._admission.check(receipt, Action.VERIFY, "", ways_to_name([a.sample, b.sample]), 1)
        admitted = self._admission.spend(receipt, 1)
        return ComparisonResult(kernel.scores(admitted, a.vector, [b.vector])[0], admitted.use)

    def compare_many(
        self, receipt: Receipt, samples: Sequence[SampleRef], probe: Template, templates: Sequence[Template]
    ) -> Comparisons:
        """The scores of one probe with each of several templates.

        The receipt: SEARCH, of no gallery, of the set ``samples`` (the probe's too), allowing one comparison each.
        """
        want_named([probe, *templates], samples)
        want_one_space([probe, *templates])
        self._admission.check(receipt, Action.SEARCH, "", [tuple(samples)], len(templates))
        admitted = self._admission.spend(receipt, len(templates))
        scores = kernel.scores(admitted, probe.vector, [t.vector for t in templates])
        return Comparisons(tuple(scores), admitted.use)

    def verify(self, receipt: Receipt, probe: Template, subject: str) -> ComparisonResult:
        """The probe's best score against the references of one subject (by id): one comparison.

        The receipt: VERIFY, of the subject's gallery and the probe's face. Raises UnknownName, RecipeMismatch.
        """
        want_template(probe)
        checked = self._admission.check(receipt, Action.VERIFY, None, ways_to_name([probe.sample]), 1)
        if self._shards is None:
            opened = self._look(checked, "")
            want_space(probe, opened[0].space)
            admitted = self._admission.spend(checked, 1)
            score = self._asked(
                checked, "", opened, lambda them: kernel.best_of(admitted, them[0], probe.vector, subject)
            )
        else:
            space, vectors = self._memory.of_subject(checked.gallery, subject)
            want_space(probe, space)
            admitted = self._admission.spend(checked, 1)
            score = max(kernel.scores(admitted, probe.vector, vectors), default=None)
        if score is None:
            raise UnknownName("this subject has no reference in this gallery", where=subject)
        return ComparisonResult(score, admitted.use)

    def group(
        self, receipt: Receipt, samples: Sequence[SampleRef], templates: Sequence[Template], threshold: float
    ) -> GroupResult:
        """Group the positions of ``templates`` by the pairs at or above ``threshold`` (see ``grouping``).

        The receipt: GROUP, of no gallery, of the set ``samples``, allowing all pairs.
        """
        want_named(templates, samples)
        want_one_space(templates)
        pairs = len(templates) * (len(templates) - 1) // 2
        self._admission.check(receipt, Action.GROUP, "", [tuple(samples)], pairs)
        admitted = self._admission.spend(receipt, pairs)
        vectors = np.stack([t.vector for t in templates]) if templates else np.empty((0, 0), dtype=np.float32)
        groups, single = connected(len(templates), kernel.pairs_at_or_above(admitted, vectors, threshold))
        return GroupResult(groups, single, pairs, admitted.use)

    def trials(
        self,
        receipt: Receipt,
        samples: Sequence[SampleRef],
        templates: Sequence[Template],
        pairs: Positions,
        crossing: Crossing | None = None,
    ) -> ScoredTrials:
        """The scores of many comparisons of one set, to measure error rates: see ``score_trials``."""
        return score_trials(self._admission, receipt, samples, templates, pairs, crossing)

    def _search(
        self,
        receipt: Receipt,
        named: Sequence[Sequence[SampleRef]],
        probes: Sequence[Template],
        k: int,
        threshold: float | None,
        about: Filter,
        batch: str = "",
    ) -> tuple[SearchResult, ...]:
        if k < 1 or not probes or (threshold is not None and not np.isfinite(threshold)):
            raise Malformed("a search has at least one probe, k of at least 1, and a finite threshold or none")
        for probe in probes:
            want_template(probe)
        checked = self._admission.check(receipt, Action.SEARCH, None, named, len(probes))
        if self._shards is not None and not batch:
            samples = tuple(named[0]) if len(named) == 1 else None  # a set has one way to be named, a face several
            only, without = about.only, about.without
            return self._gather(self._shards, Question(checked, samples, tuple(probes), k, threshold, only, without))
        opened = self._look(checked, batch)
        for probe in probes:
            want_space(probe, opened[0].space)
        admitted = self._admission.spend(checked, len(probes))
        vectors = [probe.vector for probe in probes]
        found, compared = self._whole(
            checked,
            batch,
            opened,
            lambda each: kernel.nearest(admitted, each, vectors, k, threshold, about),
            about.count,
        )
        ranked = found[0] if not batch else [merged(lists, k) for lists in zip(*found, strict=True)]
        return tuple(SearchResult(candidates, compared, admitted.use) for candidates in ranked)

    def _whole(
        self,
        receipt: Receipt,
        batch: str,
        opened: list[Opened],
        ask: Callable[[Snapshot], list[tuple[Candidate, ...]]],
        count: Callable[[Snapshot], int] = len,
    ) -> tuple[list[list[tuple[Candidate, ...]]], int]:
        """What ``ask`` finds in each copy, and how many were compared; nobody who was erased meanwhile is in it."""
        while True:
            removals = [each.index.removals for each in opened]
            snapshots = [each.index.snapshot for each in opened]
            try:
                found = [ask(snapshot) for snapshot in snapshots]
            except SealBroken:
                self._memory.distrust(receipt.gallery, opened)
                opened = self._look(receipt, batch)
                continue
            now = self._look(receipt, batch)
            same = all(a is b for a, b in zip(opened, now, strict=True))
            if same and removals == [each.index.removals for each in opened]:
                return found, sum(map(count, snapshots))
            opened = now

    def _asked(self, receipt: Receipt, batch: str, opened: list[Opened], ask: Callable[[list[Snapshot]], T]) -> T:
        """What ``ask`` says of the copies; again where one of them has a file that others changed."""
        try:
            return ask([each.index.snapshot for each in opened])
        except SealBroken:
            self._memory.distrust(receipt.gallery, opened)
            return ask([each.index.snapshot for each in self._look(receipt, batch)])

    def _gather(self, shards: Shards, question: Question) -> tuple[SearchResult, ...]:
        """Every part answers for what it holds; again where somebody was erased meanwhile."""
        gallery, use = question.receipt.gallery, self._admission.spend(question.receipt, len(question.probes)).use
        while True:
            before = self._memory.changes(gallery)
            answers = tuple(shards.ask(question).values())
            if not self._memory.removed_since(gallery, before):
                break
        compared = sum(answer.compared for answer in answers)
        lists = zip(*(answer.candidates for answer in answers), strict=True)
        return tuple(SearchResult(merged(each, question.k), compared, use) for each in lists)

    def _look(self, receipt: Receipt, batch: str) -> list[Opened]:
        """What is compared with: the gallery, and the batch where one is asked for."""
        return [self._memory.open(receipt.gallery, each) for each in dict.fromkeys(("", batch))]
