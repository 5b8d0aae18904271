"""What a reviewer decided on a finding has the last word over what the rules gave, and stays visible as hers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.findings import EXCLUDED, INDICATED, POSSIBLE, Finding, in_order

STATUSES = (INDICATED, POSSIBLE, EXCLUDED)


def apply(findings: Sequence[Finding], verdicts: Mapping[str, str]) -> list[Finding]:
    """The findings with the decided statuses, best supported first.

    Args:
        findings: as the rules gave them.
        verdicts: offence id to the status decided.
    """
    if not verdicts:
        return list(findings)
    decided = [
        replace(finding, status=verdicts[finding.offence], reviewed=True) if finding.offence in verdicts else finding
        for finding in findings
    ]
    return in_order(decided)
