"""The price of flat top-level packages: these names must be ours alone in the environment."""

from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", ["bot", "cases", "flows", "nlp", "review"])
def test_an_import_name_is_ours_alone(name: str) -> None:
    file = import_module(name).__file__
    assert file is not None
    assert Path(file).is_relative_to(ROOT)
    assert set(packages_distributions().get(name, [])) <= {"recours"}
