"""What a person reads when the local broker cannot do what was asked."""

from services.runtime.errors import ClearError


class BrokerError(ClearError):
    """The local broker cannot be installed, started or stopped; the text is one clear line for a person."""
