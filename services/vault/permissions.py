"""What each route of the vault asks of its caller: the one place that says so.

A route is named by its function in `app.py`; a test holds that each has its line here.
"""

from collections.abc import Mapping

PERMISSIONS: Mapping[str, str] = {
    "put_person": "people.name",  # the desk: somebody is hired
    "forget_person": "people.name",  # the desk: a name was told, and the hire refused
    "get_people": "people.names",  # screens: the names of reps, and of nobody else
    "look_up_people": "people.look_up",  # feeds and desk: numbers and addresses in, ids out
    "read_people": "people.read",  # who works with customers: names, numbers and addresses
    "seal_texts": "people.seal",  # the desk: remarks about people, before they go into events
    "open_texts": "people.read",
    "get_parking_keys": "parked.seal",  # feeds: public keys, which are no secret
    "open_parked": "parked.read",  # operators who look into what could not be read
}
