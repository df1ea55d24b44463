"""Names for people who do not exist, Russian and English; a staff name goes to the desk and nowhere else."""

from random import Random

_RUSSIAN_WOMEN = ("Анна", "Мария", "Елена", "Ольга", "Татьяна", "Дарья", "Ирина", "Ксения", "Полина", "Софья")
_RUSSIAN_MEN = ("Иван", "Алексей", "Дмитрий", "Сергей", "Павел", "Никита", "Борис", "Фёдор", "Михаил", "Глеб")
_RUSSIAN_FAMILIES = (
    "Соколов", "Морозов", "Лебедев", "Новиков", "Орлов", "Воробьёв", "Зайцев", "Киселёв", "Громов", "Беляев", "Куликов",
    "Щукин",
)  # fmt: skip
_ENGLISH_FIRST = ("Alice", "Edward", "Grace", "Henry", "Julia", "Oliver", "Rachel", "Thomas", "Zoë", "Samuel")
_ENGLISH_FAMILIES = (
    "Bennett", "Carter", "Dawson", "Fletcher", "Harper", "Marlowe", "O'Brien", "Smith-Jones", "Turner", "Whitfield",
)  # fmt: skip


def person(random: Random) -> str:
    """Make up the name of a person: two of three are Russian."""
    kind = random.randrange(6)
    if kind < 2:  # noqa: PLR2004  # women, men, the English
        return f"{random.choice(_RUSSIAN_WOMEN)} {random.choice(_RUSSIAN_FAMILIES)}а"
    if kind < 4:  # noqa: PLR2004
        return f"{random.choice(_RUSSIAN_MEN)} {random.choice(_RUSSIAN_FAMILIES)}"
    return f"{random.choice(_ENGLISH_FIRST)} {random.choice(_ENGLISH_FAMILIES)}"


def people(random: Random, count: int) -> list[str]:
    """Make up so many names, no two alike; the names run out after a few hundred, and then get a number."""
    found: dict[str, None] = {}
    for tried in range(count * 40):
        if len(found) == count:
            break
        name = person(random)
        found.setdefault(name if tried < count * 20 else f"{name} {tried}")
    return list(found)
