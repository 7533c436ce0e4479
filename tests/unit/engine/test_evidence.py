"""What a finding shows of what its rule saw."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, Rule, finding, rule
from torch_doctor.engine.evidence import Evident

HERE = Source("file", "made up")


@rule("TD999", severity="warning")
def check(
    torch_version: str,
    libcuda: Fact[str],
    packages: tuple[Package, ...] = (),
    ld_preload: str | None = None,
    library_picks: tuple[str, ...] = (),
) -> Iterator[Draft]:
    yield finding("torch", f"{torch_version} {libcuda} {packages} {ld_preload} {library_picks}")


def shown(draft: Draft, **known: object) -> dict[str, str]:
    facts: dict[str, Fact[object]] = {name: Known(value, HERE) for name, value in known.items()}
    facts["libcuda"] = Unavailable(Reason.NOT_PRESENT, "none on the path", HERE)
    facts.setdefault("ld_preload", Unavailable(Reason.NOT_PRESENT, "not set", HERE))
    asked: Rule = check
    return {item.fact: item.value for item in Evident(Facts(facts)).of(asked, draft)}


def test_what_is_absent_is_evidence_only_where_the_rule_asks_for_the_fact_itself() -> None:
    evidence = shown(Draft("torch", "words"), torch_version="2.9.1", library_picks=())

    assert evidence == {
        "torch_version": "2.9.1",
        "libcuda": "not-present: none on the path",
    }


def test_what_a_draft_names_is_shown_whatever_it_is() -> None:
    draft = Draft("torch", "words", evidence=("ld_preload",))

    assert shown(draft, torch_version="2.9.1") == {"ld_preload": "not-present: not set"}


def test_of_the_packages_those_are_shown_that_the_finding_speaks_of() -> None:
    packages = tuple(
        Package(name, version)
        for name, version in (
            ("torch", "2.9.1"),
            ("torchvision", "0.20.1"),
            ("vision", "1"),
            ("numpy", "2.1"),
            ("pillow", "11"),
        )
    )

    named = shown(Draft("torchvision", "it does not go with this one"), packages=packages)
    none_named = shown(Draft("gpu:0", "it is old"), packages=packages)

    assert named["packages"] == "torchvision 0.20.1 and 4 more"
    assert none_named["packages"] == "5, none of them named"
