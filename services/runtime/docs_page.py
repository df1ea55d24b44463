"""`GET /docs`: an app's description, to be read and tried out, with nothing loaded from elsewhere.

The JavaScript is Swagger UI's, from an installed package: it is neither in this repository nor fetched by the browser.
"""

from http import HTTPStatus
from importlib.resources import files

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from services.runtime.problems import Problem

_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="description"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/show.js"></script>
</body>
</html>
"""
_SHOW = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#description",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
"""


def answer_docs(app: FastAPI) -> None:
    """Let an app answer `GET /docs`."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(_PAGE.format(title=app.title), headers={"Content-Security-Policy": _POLICY})

    @app.get("/docs/{name}", include_in_schema=False)
    async def part(name: str) -> Response:
        if name == "show.js":
            return Response(_SHOW, media_type="text/javascript")
        if name not in _FILES:
            en, ru = "there is nothing at this address", "по этому адресу ничего нет"
            raise Problem(HTTPStatus.NOT_FOUND, "no-such-address", en, ru)
        shipped = files("fastapi_offline") / "static" / name
        return Response(shipped.read_bytes(), media_type=_FILES[name])
