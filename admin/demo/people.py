"""The cast of the demonstration: organizations, their staff, and annotators with their own ways of working."""

from dataclasses import dataclass

from kernel.policy import Role

DOMAIN = "demo.example"
OPERATOR, VENDOR = "Polyphony", "Baraza Language Works"
NORDLICHT, HELIO = "Nordlicht Assist", "Helio Labs"
ORGANIZATIONS = (
    ("operator", OPERATOR, "NL"),
    ("vendor", VENDOR, "KE"),
    ("client", NORDLICHT, "DE"),
    ("client", HELIO, "US"),
)


@dataclass(frozen=True)
class Staff:
    """Somebody who signs in for an organization."""

    local: str
    name: str
    org: str
    role: Role
    locale: str = "en"
    time_zone: str = "UTC"

    @property
    def email(self) -> str:
        return f"{self.local}@{DOMAIN}"


STAFF = (
    Staff("operator", "Ilse Brandt", OPERATOR, Role.OPERATOR, time_zone="Europe/Amsterdam"),
    Staff("auditor", "Tomas Eriksen", OPERATOR, Role.AUDITOR, time_zone="Europe/Copenhagen"),
    Staff("vendor", "Nyambura Kariuki", VENDOR, Role.VENDOR_MANAGER, time_zone="Africa/Nairobi"),
    Staff("vendor2", "Daniel Kiptoo", VENDOR, Role.VENDOR_MANAGER, time_zone="Africa/Nairobi"),
    Staff("finance", "Grace Muthoni", VENDOR, Role.FINANCE, time_zone="Africa/Nairobi"),
    Staff("finance2", "Samuel Odhiambo", VENDOR, Role.FINANCE, time_zone="Africa/Nairobi"),
    Staff("reviewer", "Zainab Hassan", VENDOR, Role.REVIEWER, time_zone="Africa/Nairobi"),
    Staff("client", "Jana Huber", NORDLICHT, Role.CLIENT_ADMIN, time_zone="Europe/Berlin"),
    Staff("client.pm", "Felix Lorenz", NORDLICHT, Role.CLIENT_PM, time_zone="Europe/Berlin"),
    Staff("client.qa", "Miriam Vogt", NORDLICHT, Role.CLIENT_QA, time_zone="Europe/Berlin"),
    Staff("client2", "Rachel Kim", HELIO, Role.CLIENT_ADMIN, time_zone="America/Los_Angeles"),
)


@dataclass(frozen=True)
class Speaker:
    """An annotator: who they are, and how they work. `tires_after` units their care falls to `tired`."""

    name: str
    locale: str
    local: str
    accuracy: float
    seconds: int
    keen: float  # the share of days on which they work
    page: str  # the language of their pages
    tires_after: int | None = None
    tired: float = 0.0
    hurries: int | None = None  # seconds for a unit once tired, whatever its length

    @property
    def email(self) -> str:
        return f"{self.local}@{DOMAIN}"


@dataclass(frozen=True)
class Country:
    """What the people of one locale have in common."""

    country: str
    zones: tuple[str, ...]
    page: str
    prefix: str  # of their mobile numbers
    digits: int
    names: tuple[str, ...]


COUNTRIES: dict[str, Country] = {
    "sw-KE": Country(
        "KE", ("Africa/Nairobi",), "sw", "+2547", 8,
        ("Amina Wanjiru", "Brian Otieno", "Faith Njeri", "Kevin Mwangi", "Mercy Chebet", "Joseph Kamau",
         "Halima Abdi", "Peter Wafula", "Esther Nduta", "Collins Ouma"),
    ),
    "es-MX": Country(
        "MX", ("America/Mexico_City", "America/Merida"), "es", "+5255", 8,
        ("Lucía Hernández", "Diego Ramírez", "Guadalupe Torres", "Jorge Castillo", "Ximena Ríos", "Raúl Mendoza",
         "Beatriz Aguilar", "Emilio Vargas", "Paola Núñez", "Rocío Salas"),
    ),
    "ar-EG": Country(
        "EG", ("Africa/Cairo",), "ar", "+2010", 8,
        ("Nour Abdelrahman", "Karim Mostafa", "Heba Fathy", "Youssef Nabil", "Mariam Saad", "Omar Hegazy",
         "Salma Ashraf", "Tarek Fouad"),
    ),
    "hi-IN": Country(
        "IN", ("Asia/Kolkata",), "en", "+9198", 8,
        ("Priya Sharma", "Rahul Verma", "Anjali Mishra", "Sandeep Yadav", "Kavita Joshi", "Vikas Tiwari",
         "Neha Dubey"),
    ),
    "pt-BR": Country(
        "BR", ("America/Sao_Paulo", "America/Fortaleza"), "en", "+5581", 9,
        ("Camila Ferreira", "Thiago Barbosa", "Juliana Rocha", "Rafael Teixeira", "Larissa Gomes", "Bruno Cardoso",
         "Vanessa Pinto", "Marcelo Antunes"),
    ),
}  # fmt: skip

# Care and speed, person after person in every locale: most are good, a few are quick and less careful.
_WAYS = (
    (0.96, 21, 0.9), (0.94, 26, 0.8), (0.97, 31, 0.7), (0.91, 18, 0.85), (0.95, 24, 0.6), (0.93, 36, 0.75),
    (0.90, 22, 0.65), (0.96, 28, 0.55), (0.88, 16, 0.6), (0.94, 33, 0.5),
)  # fmt: skip
# People of whom the demonstration tells something, by what it tells.
DRIFTS = "annotator.hi"  # careful at first, then not; hurries, and a signal waits; the gate pauses them and they appeal
FAILS = "annotator.pt"  # fails the test for reviews, works on messages
WAIVED = "tarek.fouad"  # is let in without a test
DECLINED = "rocio.salas"  # is not admitted
WAITS = "collins.ouma"  # has applied and waits
HOLDS = "annotator.sw"  # works every day and is checked often; has a unit in hand, with a draft
OVERTURNED = "annotator.es"  # had an answer rejected and was right


def speakers() -> tuple[Speaker, ...]:
    """All annotators, locale by locale; the first of each is the one whose address names the language."""
    return tuple(
        _speaker(name, locale, number)
        for locale, country in COUNTRIES.items()
        for number, name in enumerate(country.names)
    )


def _speaker(name: str, locale: str, number: int) -> Speaker:
    accuracy, seconds, keen = _WAYS[number % len(_WAYS)]
    local = _local(name) if number else f"annotator.{locale.partition('-')[0]}"
    tires = {"tires_after": 14, "tired": 0.2, "hurries": 1} if local == DRIFTS else {}
    return Speaker(name, locale, local, accuracy, seconds, keen, COUNTRIES[locale].page, **tires)  # type: ignore[arg-type]


def _local(name: str) -> str:
    return latin(name).lower().replace(" ", ".")


def latin(name: str) -> str:
    """A name in plain Latin letters, as addresses and banks take it."""
    return name.translate(str.maketrans("áéíóúüñÁÉÍÓÚÑçãõ", "aeiouunAEIOUNcao"))
