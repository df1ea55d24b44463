"""What is written down is read back, whatever the class of the event allows."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.catalogue import every_model
from events.codec import decode, encode
from events.event import Event
from tests.events.examples.record import fact
from tests.events.strategies import events

# The classes with many fields draw much, which hypothesis takes for slowness; the whole file runs in seconds.
_few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("model", list(every_model()), ids=lambda model: model.model_fields["type"].default)
@given(data=st.data())
@_few
def test_an_event_written_and_read_is_the_same_event(model: type[Event], data: st.DataObject) -> None:
    event = data.draw(events(model))
    envelope = fact(event, "/test", "subject", 1).envelope
    raw = encode(envelope)
    decoded = decode(raw)
    assert decoded.event == event
    assert decoded.envelope == envelope
    assert decoded.json == raw
    assert json.loads(encode(decoded.envelope)) == json.loads(raw)
