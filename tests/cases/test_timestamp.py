"""A trusted date by a real authority made with openssl, asked over HTTP, checked by openssl itself."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cases import timestamp
from cases.timestamp import TimestampError

OPENSSL = shutil.which("openssl") or ""
HEAD = "ab" * 32
AUTHORITY = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/tsa.pem
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
signer_digest = sha256
"""


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run([OPENSSL, *arguments], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, and an authority that it vouches for."""
    if not OPENSSL:
        pytest.skip("openssl is not installed; .ci/run installs it")
    place = tmp_path_factory.mktemp("authority")
    root, root_key, request, key = (place / name for name in ("root.pem", "root.key", "tsa.csr", "tsa.key"))
    new = ("-newkey", "rsa:2048", "-nodes", "-sha256")
    openssl("req", "-x509", *new, "-keyout", root_key, "-out", root, "-subj", "/CN=root", "-days", "30")
    openssl("req", *new, "-keyout", key, "-out", request, "-subj", "/CN=tsa")
    (place / "ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n", encoding="ascii"
    )
    signed = ("-CA", root, "-CAkey", root_key, "-CAcreateserial", "-days", "30", "-sha256", "-extfile", place / "ext")
    openssl("x509", "-req", "-in", request, *signed, "-out", place / "tsa.pem")
    (place / "serial").write_text("01\n", encoding="ascii")
    (place / "tsa.cnf").write_text(AUTHORITY.format(folder=place), encoding="ascii")
    return place


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """The authority behind an address of this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = folder / "reply.tsr"
            openssl("ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", query, "-out", reply)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply.read_bytes())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_date_holds_for_us_and_for_openssl(folder: Path, url: str) -> None:
    token = timestamp.ask(HEAD, url)
    assert timestamp.check(token, HEAD, folder / "root.pem").year >= 2026
    (folder / "head.txt").write_text(HEAD, encoding="ascii")
    (folder / "head.tsr").write_bytes(token)
    verified = ("-data", folder / "head.txt", "-in", folder / "head.tsr", "-CAfile", folder / "root.pem")
    openssl("ts", "-verify", *verified)
    (folder / "head.txt").write_text(HEAD.replace("a", "c"), encoding="ascii")
    with pytest.raises(subprocess.CalledProcessError):
        openssl("ts", "-verify", *verified)


def test_a_date_of_another_head_or_another_authority_does_not_hold(folder: Path, url: str, tmp_path: Path) -> None:
    token = timestamp.ask(HEAD, url)
    with pytest.raises(TimestampError, match="does not hold"):
        timestamp.check(token, HEAD.replace("a", "c"), folder / "root.pem")
    other = tmp_path / "other.pem"
    subject = ("-subj", "/CN=other", "-days", "2", "-keyout", tmp_path / "k")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-out", other)
    with pytest.raises(TimestampError, match="does not hold"):
        timestamp.check(token, HEAD, other)
    with pytest.raises(TimestampError, match="no such file"):
        timestamp.check(token, HEAD, tmp_path / "nothing.pem")


def test_a_bit_flipped_in_the_token_never_changes_what_it_says(folder: Path, url: str) -> None:
    token = timestamp.ask(HEAD, url)
    said, refused = timestamp.check(token, HEAD, folder / "root.pem"), 0
    for at in range(40, len(token), 31):
        changed = bytearray(token)
        changed[at] ^= 1
        try:
            assert timestamp.check(bytes(changed), HEAD, folder / "root.pem") == said  # a byte that nobody signs
        except TimestampError:
            refused += 1
    assert refused > len(range(40, len(token), 31)) / 2


def test_an_authority_that_does_not_answer_is_said_in_one_line() -> None:
    with pytest.raises(TimestampError, match="made without"):
        timestamp.ask(HEAD, "http://127.0.0.1:9/")
