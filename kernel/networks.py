"""Networks: addresses within them, and the country of an address by the table that the installation was given."""

import csv
from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from kernel.errors import Misuse
from kernel.ports import Port

_Range = tuple[int, int, int, str]  # version, first, last, country


class CountryTable:
    """Which country each network is in. An address that no network holds is in no country."""

    def __init__(self, ranges: Iterable[_Range] = ()) -> None:
        self._ranges = sorted(ranges)
        self._starts = [(version, first) for version, first, _last, _country in self._ranges]

    def country_of(self, address: str | None) -> str | None:
        """The country of an address, as its two letters; None where it is not known."""
        try:
            found = ip_address(address or "")
        except ValueError:
            return None
        place = bisect_right(self._starts, (found.version, int(found))) - 1
        if place < 0:
            return None
        version, _first, last, country = self._ranges[place]
        return country if version == found.version and int(found) <= last else None

    @classmethod
    def read(cls, file: Path) -> "CountryTable":
        """From lines of `network,country`; raises Misuse with the line that cannot be read."""
        ranges: list[_Range] = []
        with file.open(newline="", encoding="utf-8") as lines:
            for number, row in enumerate(csv.reader(lines), start=1):
                try:
                    network = ip_network(row[0].strip())
                    country = row[1].strip().upper()
                except (ValueError, IndexError):
                    raise Misuse(f"line {number} of {file.name} is no network with a country") from None
                first = int(network.network_address)
                ranges.append((network.version, first, first + network.num_addresses - 1, country))
        return cls(ranges)


_table: Port[CountryTable] = Port("countries of networks", CountryTable())


def use_countries(file: Path | None) -> None:
    """Read the table of this installation; without one, no address has a country."""
    _table.put(CountryTable.read(file) if file else CountryTable())


def country_of(address: str | None) -> str | None:
    """The country of an address by the table of this installation."""
    return _table.get().country_of(address)


def is_network(text: str) -> bool:
    """Whether this is a network in CIDR form, or a single address."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; an address that is not known lies in none."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    return any(found in network for network in map(ip_network, networks) if network.version == found.version)
