"""Logs: one JSON object a line on standard error, keys in snake_case."""

import logging
import sys

import msgspec
import structlog


def configure_logging(level: int = logging.INFO) -> None:
    """Write our own log lines as JSON, and let libraries say only what is wrong."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_written),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _written(line: object, **_options: object) -> bytes:
    return msgspec.json.encode(line, enc_hook=repr)
