"""The projector's cost an event, beside that of others who do the same work: `kvota bench projector`."""
