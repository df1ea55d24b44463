"""The two questions that every service answers over HTTP: whether it is alive, and whether it can serve."""

from collections.abc import Callable

from fastapi import FastAPI, Response, status


def answer_health(app: FastAPI, ready: Callable[[], bool], otherwise: Callable[[], str] = lambda: "starting") -> None:
    """Let an app answer `GET /healthz` (200 while it runs) and `GET /readyz` (503 unless `ready`: `otherwise` why)."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, str]:
        if not ready():
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
            return {"status": otherwise()}
        return {"status": "ready"}
