"""Judge a request under a charter: a permit or a refusal, with reasons that a person can read."""

from __future__ import annotations

from functools import lru_cache, partial

from countenance.policy.beyond import Told, beyond
from countenance.policy.charter import NO_AUTHORITY, NO_PURPOSE, UNREGISTERED, Charter
from countenance.policy.engine import Engine, Verdict
from countenance.policy.fields import listed
from countenance.policy.gate import GateRule, rules_of
from countenance.policy.nearest import nearest
from countenance.policy.question import NO_END, Question
from countenance.policy.request import Request
from countenance.policy.scope import kind_of, state_of
from countenance.terms.key_role import may_ask
from countenance.terms.permit import AuthorityKind, Permit, Refusal, RefusalReason

NOT_MADE_FOR_IT: Told = (
    RefusalReason.NOT_PERMITTED,
    "The caller's key was not made for such acts.",
    "Use one whose roles ask for them: `countenance keys create --role`.",
)


class Judge:
    """Pure: the same request under the same charter has the same answer. Never changed; a new charter is a new judge.

    Trust: it believes every field of a ``Request`` but ``purpose``, ``authority`` and the principal's roles, of
    which it takes only those that the charter gives; the roles that a key was made with narrow them further, and so
    does what it is bound to.
    """

    def __init__(self, charter: Charter) -> None:
        self.charter = charter
        self.rules: dict[str, GateRule] = {rule.id: rule for rule in rules_of(charter)}
        self.engine = Engine(charter, tuple(self.rules.values()))
        self._principles = {policy.id: charter.principles[policy.principle] for policy in charter.policies} | {
            rule.id: charter.principles[rule.principle] for rule in self.rules.values()
        }
        self._nearest = lru_cache(maxsize=256)(partial(nearest, charter, self.engine))

    def permit(self, request: Request) -> Permit | Refusal:
        """Judge one request. No caller's words are in the answer."""
        question = self.question(request)
        verdict = self.engine.ask(question)
        if not verdict.broken and (told := beyond(request)) is not None:
            policies = () if verdict.allowed else verdict.policies
            return self._refusal(question, Verdict(allowed=False, policies=policies), told)
        if verdict.allowed and not may_ask(request.principal.roles, request.action):
            return self._refusal(question, Verdict(allowed=False, policies=()), NOT_MADE_FOR_IT)
        return self.answer(question, verdict)

    def question(self, request: Request) -> Question:
        """The request in the engine's words: what the charter does not register becomes ``unregistered``."""
        charter, record = self.charter, request.record
        wanted = request.purpose or NO_PURPOSE
        known = wanted in charter.purposes or wanted in charter.forbidden or wanted == NO_PURPOSE
        purpose = wanted if known else UNREGISTERED
        if request.authority is not None:
            named = request.authority.kind
        else:
            named = NO_AUTHORITY if record is None else record.kind
        kind = kind_of(request)
        cap = charter.purposes[purpose].candidate_cap if purpose in charter.purposes else 0
        return Question(
            roles=charter.roles_of(request.principal),
            action=request.action,
            gallery=request.gallery or "",
            purpose=purpose,
            authority_class=named if named in charter.classes or kind is AuthorityKind.NONE else UNREGISTERED,
            authority_kind=kind.value,
            authority_state=state_of(request),
            issued=0 if record is None else record.issued,
            expires=NO_END if record is None or record.expires is None else record.expires,
            cap=min(request.cap, cap) if request.cap > 0 else cap,
            approvals=request.approvals,
            minor=request.minor,
            now=request.now,
            verifications=request.verifications,
        )

    def answer(self, question: Question, verdict: Verdict) -> Permit | Refusal:
        """Put a verdict into words."""
        if verdict.broken or not verdict.allowed:
            return self._refusal(question, verdict, self._told(question, verdict))
        purpose = self.charter.purposes[question.purpose]
        return Permit(
            purpose=question.purpose,
            authority_class=question.authority_class,
            authority_kind=AuthorityKind(question.authority_kind),
            policies=verdict.policies,
            charter=self.charter.digest,
            candidate_cap=question.cap,
            reviewers=purpose.reviewers,
            retention_days=purpose.retention_days,
            authority_expires=None if question.expires == NO_END else question.expires,
        )

    def _refusal(self, question: Question, verdict: Verdict, told: Told) -> Refusal:
        reason, sentence, remedy = told
        # The gate's rules come first, in the order in which they are told; then the operator's own.
        order = [*self.rules, *sorted(set(verdict.policies) - self.rules.keys())]
        deciding = [self._principles[each] for each in order if each in verdict.policies]
        # Where nothing permits and nothing forbids, what decided is that only the registered is permitted.
        deciding = deciding or [self.charter.principles[self.charter.cited.purpose]]
        return Refusal(
            purpose=UNREGISTERED if question.purpose == NO_PURPOSE else question.purpose,
            authority_class=question.authority_class,
            authority_kind=AuthorityKind(question.authority_kind),
            policies=verdict.policies,
            charter=self.charter.digest,
            reason=reason,
            sentence=sentence,
            principles=tuple(dict.fromkeys(deciding)),
            remedy=remedy,
        )

    def _told(self, question: Question, verdict: Verdict) -> Told:
        if verdict.broken:
            return (
                RefusalReason.POLICY_ERROR,
                "A policy of the charter could not be evaluated, so nothing is permitted.",
                "Tell the operator; `countenance charter check` finds such policies.",
            )
        for rule in self.rules.values():
            if rule.id in verdict.policies:
                words = self._words(question)
                return rule.reason, rule.sentence.format(**words), rule.remedy.format(**words)
        if verdict.policies:
            return RefusalReason.FORBIDDEN, f"The charter forbids it: {', '.join(verdict.policies)}.", ""
        near = self._nearest(self.engine.reduced(question))
        lacks = f"It would be permitted with: {'; '.join(near.lacks)}." if near else "Nothing near it is permitted."
        wish = f"{question.action} for {question.purpose} with {question.authority_class}"
        return (
            RefusalReason.NOT_PERMITTED,
            f"No policy of the charter permits {wish} to this principal.",
            lacks,
        )

    def _words(self, question: Question) -> dict[str, str]:
        purpose = self.charter.purposes.get(question.purpose)
        return {
            "purpose": question.purpose,
            "authority": question.authority_class,
            "kind": question.authority_kind,
            "acts": listed(purpose.actions) if purpose else "none",
            "classes": listed(purpose.classes if purpose else self.charter.classes),
            "minors": listed(purpose.minors) if purpose else "none",
            "purposes": listed(self.charter.purposes),
            "verifications": str(purpose.verifications if purpose else 0),
        }
