"""Personal data: the only place that knows the name, the number and the address behind a person's id."""
