"""What may be asked about quotas, and what it makes true. Pure."""

from typing import assert_never

from services.desk.company import Company
from services.desk.deciding import Decision
from services.desk.quotas.assigning import assign, known_quota
from services.desk.quotas.changing import amend, relieve, relieve_absence, withdraw
from services.desk.quotas.commands import (
    AmendQuota,
    AssignQuota,
    QuotaCommand,
    RelieveForAbsence,
    RelieveQuota,
    WithdrawQuota,
)

__all__ = ["AmendQuota", "AssignQuota", "QuotaCommand", "RelieveForAbsence", "RelieveQuota", "WithdrawQuota", "decide"]


def decide(command: QuotaCommand, company: Company) -> Decision:
    """Decide a command about quotas."""
    match command:
        case AssignQuota():
            return assign(command, company)
        case AmendQuota():
            return amend(command, company.quotas)
        case RelieveQuota():
            return relieve(command, known_quota(command.quota, company.quotas), command.reliefs)
        case RelieveForAbsence():
            return relieve_absence(command, company)
        case WithdrawQuota():
            return withdraw(command, company.quotas)
        case _:
            assert_never(command)
