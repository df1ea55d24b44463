"""Personal data: the only place that knows the name behind a person's id."""
