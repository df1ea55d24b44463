"""How a screen says who it is: by a cookie, since a page can send no header with its stream."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.runtime.auth.callers import Caller
from services.runtime.auth.guard import Guard, Knowing, credentials
from services.runtime.auth.settings import AuthSettings

COOKIE = "kvota_screen"
_PATH = "/v1/board"
_LASTS_S = 365 * 24 * 3600


class ScreenGuard(Guard):
    """Knows screens by the cookie that their key was left in, besides all others."""

    def told(self, request: Request) -> str:
        """The credentials in a request."""
        return super().told(request) or request.cookies.get(COOKIE, "")


class Everybody:
    """Takes whoever asks for a screen."""

    async def caller(self, request: Request) -> Caller:  # noqa: ARG002  # it takes anybody
        """A screen."""
        return Caller(subject="anybody", role="screen")


def screen_guard(settings: AuthSettings, host: str) -> Knowing:
    """Ask screens who they are wherever an issuer says who people are; else the board is for whoever reaches it."""
    return Everybody() if settings.issuer is None else ScreenGuard(*credentials(settings, host))


def enter(watch: Knowing, key: str, language: str | None) -> Response:
    """Leave a key with a browser, and send it to the page; raises Problem for a key that stands for nobody."""
    if isinstance(watch, Guard):
        watch.machine(key)
    page = RedirectResponse("/" if language is None else f"/?lang={language}", status_code=303)
    page.set_cookie(COOKIE, key, _LASTS_S, path=_PATH, httponly=True, samesite="strict")
    return page
