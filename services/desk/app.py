"""The desk over HTTP: every noun's routes in one app."""

from importlib.metadata import version

from fastapi import FastAPI

from services.desk.asking import Desk
from services.desk.customers import routes as customers
from services.desk.deals import routes as deals
from services.desk.directory import routes as directory
from services.desk.goals import routes as goals
from services.desk.headcount import routes as headcount
from services.desk.hiring import routes as hiring
from services.desk.leads import routes as leads
from services.desk.people import routes as people
from services.desk.quotas import routes as quotas
from services.desk.sales import routes as sales
from services.desk.tactics import routes as tactics
from services.desk.trainees import routes as trainees
from services.desk.training import routes as training
from services.runtime.auth.guard import Guard, answer_callers
from services.runtime.docs_page import answer_docs
from services.runtime.health import answer_health
from services.runtime.openapi import describe
from services.runtime.problems import answer_problems

_ABOUT = """Decisions about units, reps, quotas and deals.

A command is answered once it is on the log, and happens once however often it is sent with one `Idempotency-Key`. It is
made only if the thing is at a version that `If-Match` names, where that is sent. A refusal is a problem object
(RFC 9457), in English or Russian. Amounts are whole minor units, such as kopecks. Whatever was decided before the
position in `Kvota-Position` is seen by a question that sends it as `after` or `Kvota-After`."""


def desk_app(desk: Desk, watch: Guard) -> FastAPI:
    """The desk's app, for callers whom the guard knows; it can serve once the desk has read the log to its end."""
    app = FastAPI(title="Kvota desk", version=version("kvota"), docs_url=None, redoc_url=None)
    app.state.desk = desk
    answer_problems(app)
    answer_callers(app, watch)
    answer_health(app, lambda: desk.log.ready)
    nouns = (
        people,
        hiring,
        headcount,
        training,
        trainees,
        goals,
        quotas,
        leads,
        customers,
        deals,
        sales,
        tactics,
        directory,
    )
    for noun in nouns:
        app.router.routes.extend(noun.router.routes)
    describe(app, _ABOUT)
    answer_docs(app)
    return app
