"""Verify a published log, and a statement of its use, step by step, saying each number that was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from countenance.ledger import ed25519
from countenance.ledger.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, parse_checkpoint
from countenance.ledger.entry import parse
from countenance.ledger.note import MAX_BYTES, BadSignature, Check, VerifierKey, parse_note, parse_vkey
from countenance.ledger.recount import Recount
from countenance.ledger.tiles import tile_at, unpack_bundle
from countenance.ledger.trust_policy import TrustPolicy, parse_policy
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.counting import Counting, Stated, read_statement
from countenance.ledger.verifier.failure import Forked, Missing, PolicyNotMet, Tampered
from countenance.ledger.verifier.memory import Memory, write_evidence
from countenance.ledger.verifier.source import Source
from countenance.ledger.verifier.walk import OUR_BUNDLE_BYTES, Walk

Given = TypeVar("Given")
Made = TypeVar("Made")
Say = Callable[[str, str], None]
"""``say(step, finding)``: a line for the reader; an empty step goes on with the one before."""

MAX_AHEAD_SECONDS = 300
"""A cosignature from further in the future does not count (C2SP tlog-cosignature lets a verifier decide)."""
NOT_SHOWN = """\
copies of the software or of the galleries used elsewhere, purposes that were not the true ones, gaps, \
other systems, what was done with the results"""


class Asked(NamedTuple):
    """What the reader brings: the log's key, a trust policy, and checkpoints, each from elsewhere.

    ``statement`` is a signed note. ``entries`` is false where only the tree is to be verified, since its entries are
    of another schema. ``check`` verifies Ed25519: the plain code here, or a faster one of the caller.
    """

    key: str | None = None
    policy: bytes | None = None
    statement: bytes | None = None
    seen: tuple[tuple[str, bytes], ...] = ()
    memory: Memory | None = None
    evidence: str = "."
    entries: bool = True
    check: Check = ed25519.verify


def check_log(source: Source, asked: Asked, say: Say) -> dict[str, Any]:
    """Verify what ``source`` publishes; gives the findings as JSON values, or raises a Failure."""
    policy = _read("policy", parse_policy, asked.policy) if asked.policy is not None else None
    stated = read_statement(asked.statement) if asked.statement is not None else None
    data = source.read("checkpoint", MAX_BYTES)
    claimed = _read("checkpoint", lambda d: parse_checkpoint(parse_note(d).text), data)
    say("log", f"{claimed.origin}, read from {source.name}")
    key, given = _key(source, asked, policy, claimed, say)
    signed = _checkpoint(data, key, policy, asked.check, say)
    before = _seen(asked, key)
    if stated is not None and stated.says.origin != claimed.origin:
        raise Tampered(f"is of the log {stated.says.origin}", "statement, line log")
    if stated is not None and stated.says.size > claimed.size:
        raise Missing(f"the statement speaks of {stated.says.size} entries, {claimed.size} are published", "checkpoint")
    marks = {b.checkpoint.size for _, b in before} | ({stated.says.size} if stated else set())
    walk = Walk(source, claimed.size, marks, ours=asked.entries)
    counting = Counting(claimed.origin, stated, asked.check) if asked.entries else None
    for bundle in walk.bundles():
        if counting is not None:
            counting.take(bundle)
    if walk.roots[claimed.size] != claimed.root:
        raise Tampered(f"{claimed.size} entries hash to another root than the checkpoint's", "tile/entries")
    say("entries", f"{claimed.size} hashed again: their root is the checkpoint's")
    say("tiles", f"{walk.tiles} agree with the entries")
    _compare(signed, before, walk, asked.evidence, say)
    findings: dict[str, Any] = {
        "origin": claimed.origin,
        "size": claimed.size,
        "root": claimed.root64,
        "entries": claimed.size,
        "cosigned": [v.key.name for v in signed.witnesses],
        "key": str(key),
        "key_given": given,
    }
    if counting is not None:
        if counting.wrong is not None:
            raise counting.wrong
        findings.update(_counted(counting.recount, say))
    if counting is not None and stated is not None:
        _judge(counting, stated, signed, walk.roots[stated.says.size], say)
        findings["statement"] = {"first": stated.says.first, "last": stated.says.last, "zeros": stated.says.zeros}
    if asked.memory is not None:
        trouble = asked.memory.keep(key, signed)
        say("memory", trouble or "this checkpoint is remembered for the next time")
    say("not shown", NOT_SHOWN)
    return findings


def _key(
    source: Source, asked: Asked, policy: TrustPolicy | None, claimed: Checkpoint, say: Say
) -> tuple[VerifierKey, bool]:
    """The log's key: given, or of the policy, or, unchecked, what the log itself says."""
    if asked.key is not None:
        key = _read("--key", parse_vkey, asked.key.strip())
        say("key", f"{key}, given by you")
        return key, True
    named = policy.logs_of(claimed.origin) if policy else ()
    if named:
        say("key", f"{named[0]}, from your policy")
        return named[0], True
    key = _key_in_log(source, claimed.origin, claimed.size)
    say("key", str(key))
    say("", "KEY NOT CHECKED BY YOU: it stands in the log itself; get it from elsewhere and give it with --key")
    return key, False


def _key_in_log(source: Source, origin: str, size: int) -> VerifierKey:
    if size:
        bundle, tile = source.read_tile(tile_at(None, 0, size), OUR_BUNDLE_BYTES)
        for data in _read(tile.path, lambda d: unpack_bundle(d, tile), bundle):
            try:
                kind, fields = parse(data)
            except Unreadable:
                continue
            if kind == "key" and fields["use"] == "checkpoint" and fields["vkey"].startswith(origin + "+"):
                return _read("field vkey", parse_vkey, fields["vkey"])
    raise Missing("the log does not say its key: give it with --key", "first bundle")


def _checkpoint(data: bytes, key: VerifierKey, policy: TrustPolicy | None, check: Check, say: Say) -> SignedCheckpoint:
    witnesses = [w.key for w in policy.witnesses.values()] if policy else []
    try:
        signed = open_checkpoint(data, key, witnesses, check)
    except BadSignature as error:
        raise Tampered(str(error), "checkpoint") from None
    say("checkpoint", f"size {signed.checkpoint.size}, root {signed.checkpoint.root64}, signed by the log")
    latest = time.time() + MAX_AHEAD_SECONDS
    ahead = [v.key.name for v in signed.witnesses if (v.time or 0) > latest]
    signed = signed._replace(signers=tuple(v for v in signed.signers if (v.time or 0) <= latest))
    named = [f"{v.key.name} at {time.strftime('%Y-%m-%d %H:%M', time.gmtime(v.time))} UTC" for v in signed.witnesses]
    say("witnesses", "cosigned by " + ", ".join(named) if named else "UNWITNESSED: nobody whom you trust cosigned it")
    if ahead:
        say("", f"lines of {', '.join(ahead)} are from the future and do not count")
    known = {(k.name, k.key_id) for k in (key, *witnesses)}
    others = [s.name for s in signed.note.signatures if (s.name, s.key_id) not in known]
    if others:
        say("", f"lines of {', '.join(others)} are not checked: their keys are not in a policy of yours")
    if policy is not None and not policy.met_by(v.key for v in signed.witnesses):
        raise PolicyNotMet(f"the quorum {policy.quorum!r} of your policy is not met", "checkpoint")
    return signed


def _seen(asked: Asked, key: VerifierKey) -> list[tuple[str, SignedCheckpoint]]:
    """Checkpoints of this log that were seen elsewhere, or here the last time."""
    before = []
    for where, data in asked.seen:
        try:
            before.append((where, _read(where, lambda d: open_checkpoint(d, key, (), asked.check), data)))
        except BadSignature as error:
            raise Tampered(str(error), where) from None
    recalled = asked.memory.recall(key) if asked.memory is not None else None
    return [*before, ("the last time", recalled)] if recalled is not None else before


def _compare(
    signed: SignedCheckpoint, before: list[tuple[str, SignedCheckpoint]], walk: Walk, evidence: str, say: Say
) -> None:
    """Every checkpoint seen must be a beginning of this one."""
    size = signed.checkpoint.size
    for where, old in before:
        if old.checkpoint.size > size:
            raise Missing(f"{size} entries are published; {old.checkpoint.size} were seen, {where}", "checkpoint")
        if walk.roots[old.checkpoint.size] != old.checkpoint.root:
            found = f"the first {old.checkpoint.size} entries are not those that were seen, {where}"
            try:
                raise Forked(found, write_evidence(evidence, old, signed, found))
            except OSError as error:
                raise Forked(f"{found}; the evidence could not be written: {error.strerror}", evidence) from None
        say("consistent", f"with the checkpoint of size {old.checkpoint.size} seen {where}")


def _counted(recount: Recount, say: Say) -> dict[str, Any]:
    last = recount.epoch or 0
    closed = sorted(recount.closed)
    early = [epoch for epoch in closed if recount.closed[epoch].early]
    say("schema", ", ".join(f"{kind} {number}" for kind, number in sorted(recount.kinds.items())) or "no entries")
    if closed:
        first_day, last_day = recount.closed[closed[0]].start, recount.closed[closed[-1]].end
        say("epochs", f"{closed[0]} to {closed[-1]} closed, {first_day} to {last_day}")
    if early:
        say("", f"closed early: {', '.join(map(str, early))}")
    for first, end in recount.gaps:
        say("gap", f"epochs {first} to {end}: the service may have run without this log")
    for charter in recount.register.charters:
        how = "adopted by a SINGLE GOVERNOR" if charter.governors == 1 else f"adopted under {charter.governors} keys"
        say("charter", f"{charter.digest}, in force from epoch {charter.start}, {how}")
    say("pairing", f"{len(recount.open)} permitted requests have no outcome")
    say("uses", f"{recount.uses_missing} missing, {recount.uses_repeated} twice, in {len(recount.uses)} counters")
    if recount.crashes:
        epochs = ", ".join(map(str, sorted(set(recount.crashes))))
        say("crashes", f"{len(recount.crashes)}, in epochs {epochs}: uses it held then are among the missing")
    counts = recount.counts(0, last)
    for purpose in sorted({*counts, *(p for c in recount.register.charters for p in c.purposes)}):
        count = counts.get(purpose)
        permitted, refused = (count.permitted, count.refused) if count else (0, 0)
        say("count", f"{purpose}: {permitted} permitted, {refused} refused")
    say("statements", f"{recount.statements} earlier statements and {recount.kinds['tally']} tallies agree")
    return {
        "epochs": len(closed),
        "early": early,
        "gaps": recount.gaps,
        "unpaired": len(recount.open),
        "single_governor": any(c.governors == 1 for c in recount.register.charters),
        "counts": {purpose: count._asdict() for purpose, count in sorted(counts.items())},
    }


def _judge(counting: Counting, stated: Stated, signed: SignedCheckpoint, root: bytes, say: Say) -> None:
    says = stated.says
    same = says.size == signed.checkpoint.size
    key = counting.judge(stated, root, frozenset(s.name for s in signed.note.signatures) if same else None)
    say("statement", f"epochs {says.first} to {says.last} ({says.start} to {says.end}): every count agrees")
    say("", f"signed by {key}, which the log introduces")
    for purpose in says.zeros:
        say("", f"{purpose}: 0 permitted, {says.lines[purpose].counted.refused} refused")


def _read(where: str, reader: Callable[[Given], Made], data: Given) -> Made:
    """What ``reader`` makes of the data; an Unreadable becomes Tampered, with its place."""
    try:
        return reader(data)
    except Unreadable as error:
        raise Tampered(error.what, f"{where}, {error.where}" if error.where else where) from None
