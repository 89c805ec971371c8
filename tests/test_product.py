"""What lesson 17 puts into a container is what the course was tested with."""

import tomllib
from pathlib import Path

HOUSE = Path(__file__).parents[1]
PRODUCT = HOUSE / "lessons" / "lesson_17"


def locked(folder: Path) -> dict[str, str]:
    """Return the versions in a lock, by name."""
    packages = tomllib.loads((folder / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {each["name"]: each["version"] for each in packages}


def test_the_product_is_locked_to_what_was_tested() -> None:
    """Both locks name the same versions; a change of one: copy the workshop's into the lesson, and `uv lock` there."""
    tested = locked(HOUSE)
    differ = {name: (version, tested.get(name)) for name, version in locked(PRODUCT).items() if name != "shelf"}
    assert not {name: pair for name, pair in differ.items() if pair[0] != pair[1]}


def test_the_container_starts_what_the_lesson_starts() -> None:
    """It is locked, runs as nobody in particular, and its command gets the signals itself."""
    text = (PRODUCT / "Containerfile").read_text(encoding="utf-8")
    for part in ("uv sync --locked", "USER 10001", "HEALTHCHECK", 'CMD ["python", "-m", "shelf"]'):
        assert part in text
