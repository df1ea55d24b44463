"""What a person reads when the local broker cannot do what was asked."""


class BrokerError(RuntimeError):
    """The local broker cannot be installed, started or stopped; the text is one clear line for a person."""
