"""Where a delivery comes from: the addresses that a vendor says it calls from.

That is less than a proof, because everybody behind such an address passes, and more than nothing for a vendor that
signs nothing, such as UIS, whose addresses are for whoever runs Kvota to say.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from services.feeds.authenticity.delivery import NotAuthenticError

MANGO = ("81.88.80.132", "81.88.80.133", "81.88.82.36", "81.88.82.44", "81.88.82.45")
"""Of MANGO OFFICE (VPBX API 1.9)."""
_UNKNOWN = (
    "address-unknown",
    "this source does not call from there: does a proxy of ours stand between?",
    "с такого адреса этот источник не обращается: может быть, между нами свой прокси?",
)


class Networks:
    """Addresses, and networks such as 192.0.2.0/24, that a source calls from."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Take them as they are written; raises ValueError for what is none."""
        self._networks = [ip_network(network) for network in networks]

    def check(self, caller: str, /) -> None:
        """Raise NotAuthenticError unless the caller's address, as the first machine of ours saw it, is in one."""
        address = _address(caller)
        if address is None or not any(address in network for network in self._networks):
            raise NotAuthenticError(*_UNKNOWN)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; that of version 4 where it is written as one of version 6, as sockets for both do it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
