"""A small log for each report: what its explanation is held to."""

from collections.abc import Mapping

from tests.history import logs_of_selling as selling
from tests.history import logs_of_working as working
from tests.history.log import Log

LOGS: Mapping[str, Log] = {
    "agent_time": working.agents(),
    "call_centre": working.queues({"clock": "end"}, {"to": "2026-11-24T10:00:00Z"}),
    "certifications": working.certified(),
    "completeness": working.feeds(),
    "funnel": selling.stages(),
    "lead_fairness": selling.leads(),
    "onboarding_breaches": working.breaches(),
    "outbound": working.dials(),
    "period_comparison": selling.compared(),
    "quota_attainment": selling.attained(),
    "rep_day": selling.days(),
    "rep_performance": selling.performance(),
    "sales_day": selling.days(),
    "speed_to_lead": selling.sought(),
    "staffing_need": working.queues({"to": "2026-11-24T10:00:00Z"}),
    "staffing_table": working.staff(),
    "stalled_deals": selling.stalled(),
    "tactic_effectiveness": selling.tactics(),
    "training_return": working.taught(),
    "unmapped_names": working.unmapped(),
}
