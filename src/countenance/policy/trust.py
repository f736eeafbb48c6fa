"""The trust policy of a charter's deployment: its logs and witnesses in the format of C2SP tlog-policy."""

from __future__ import annotations

from countenance.policy.charter import Charter

GROUP = "all-witnesses"


def trust_policy(charter: Charter) -> str:
    """Lines ``log``, ``witness``, ``group`` and ``quorum``; ``quorum none`` where no witness need cosign.

    It says whom this operator names. A reader who wants to trust others writes a policy of their own.
    """
    lines = [f"log {log.key} {log.url}".rstrip() for log in charter.logs]
    lines += [f"witness {each.name} {each.key} {each.url}".rstrip() for each in charter.witnesses]
    if charter.witnesses and charter.quorum:
        lines.append(f"group {GROUP} {charter.quorum} {' '.join(each.name for each in charter.witnesses)}")
        lines.append(f"quorum {GROUP}")
    else:
        lines.append("quorum none")
    return "".join(f"{line}\n" for line in lines)
