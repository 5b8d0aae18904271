"""What is handed to those who run it: units that systemd accepts and rates, a container that keeps its promises."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
LOOKED_AT = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
LOCK = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
MOST_EXPOSED = {"recours-backup.service": 1.0}
PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def here(unit: Path, folder: Path) -> Path:
    """The unit with a command that exists on this machine."""
    copy = folder / unit.name
    text = unit.read_text(encoding="utf-8").replace("/opt/recours/.venv/bin/recours", sys.executable)
    copy.write_text(text.replace("file:/opt/recours/docs/", "https://example.org/"), encoding="utf-8")
    return copy


@LOOKED_AT
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_every_unit_without_a_word(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        here(each, tmp_path)
    command = ["systemd-analyze", "verify", str(tmp_path / unit.name)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (said.returncode, said.stderr) == (0, "")


@LOOKED_AT
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_rates_every_service_as_little_exposed(unit: Path, tmp_path: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(here(unit, tmp_path))]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    (score,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert float(score) <= MOST_EXPOSED.get(unit.name, 1.5)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_no_service_is_root_and_none_writes_where_it_need_not(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    assert "User=recours" in lines
    assert "ProtectSystem=strict" in lines
    writable = [line for line in lines if line.startswith("ReadWritePaths=")]
    console = unit.name == "recours-review.service"
    assert writable == (["ReadWritePaths=/etc/recours/config /opt/recours/flows"] if console else [])


def test_what_the_image_installs_is_under_digests_and_names_no_index() -> None:
    assert "--require-hashes" in CONTAINERFILE
    for text in (CONTAINERFILE, LOCK):
        assert "index-url" not in text
        assert "https://" not in text
        assert "file:" not in text
    for name, _ in PIN.findall(LOCK):
        entry = LOCK.split(f"\n{name}==" if not LOCK.startswith(f"{name}==") else f"{name}==")[1]
        assert "--hash=sha256:" in entry.split("\n    #")[0], name


def test_the_image_pins_what_the_tests_ran_with() -> None:
    tested = dict(PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    pins = dict(PIN.findall(LOCK))
    assert len(pins) > 50
    assert {name: pin for name, pin in pins.items() if tested.get(name, pin) != pin} == {}
    assert "pytest" not in pins


def test_the_image_holds_every_package_and_runs_as_nobody_special() -> None:
    for package in ("bot", "cases", "flows", "models", "nlp", "review"):
        assert f"COPY {package} {package}" in CONTAINERFILE
        assert f"!{package}\n" in (ROOT / "deploy" / "Containerfile.dockerignore").read_text(encoding="utf-8")
    assert CONTAINERFILE.rindex("USER 10001:10001") > CONTAINERFILE.rindex("RUN ")


def test_the_compose_file_gives_no_right_and_opens_no_door() -> None:
    for promise in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", 'user: "10001:10001"'):
        assert promise in COMPOSE
    ports = re.findall(r'"([\d.:]+:\d+)"', COMPOSE.split("ports:")[1].split("\n")[0])
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
