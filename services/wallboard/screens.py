"""How a screen says who it is: by a cookie, since a page can send no header with its stream."""

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.runtime.auth.callers import Caller
from services.runtime.auth.guard import Guard, Knowing, credentials
from services.runtime.auth.settings import AuthSettings
from services.runtime.problems import Problem

COOKIE = "kvota_screen"
_PATH = "/v1/board"
_LASTS_S = 365 * 24 * 3600
_OF_OTHER = ("this is not the key of a screen", "это ключ не экрана")


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


def enter(watch: Knowing, key: str, language: str | None, *, secure: bool) -> Response:
    """Leave a key with a browser, and send it to the page; raises Problem for a key that stands for no screen.

    Where everybody is let in there is nothing to leave. `secure`: the page came by HTTPS, and so must the cookie.
    """
    page = RedirectResponse("/" if language is None else f"/?lang={language}", status_code=303)
    if isinstance(watch, Guard):
        if watch.machine(key).role != "screen":
            raise Problem(HTTPStatus.FORBIDDEN, "no-key-of-a-screen", *_OF_OTHER)
        page.set_cookie(COOKIE, key, _LASTS_S, path=_PATH, secure=secure, httponly=True, samesite="strict")
    return page
