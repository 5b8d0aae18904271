"""A real Synapse homeserver on loopback, in a virtual environment of its own (`make synapse`)."""

import hashlib
import hmac
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.builders import ROOT
from tests.ports import free_port

PYTHON = ROOT / ".venv-synapse/bin/python"
SECRET = "for the tests"
PASSWORD = "a password of the tests"
SERVER = "localhost"
LIMITS = "{per_second: 1000, burst_count: 10000}"
CONFIG = """
server_name: {server}
pid_file: {folder}/pid
report_stats: false
listeners: [{{port: {port}, type: http, bind_addresses: ["127.0.0.1"], resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: "{folder}/synapse.db"}}}}
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
log_config: {folder}/log.yaml
registration_shared_secret: "{secret}"
macaroon_secret_key: "{secret}"
form_secret: "{secret}"
trusted_key_servers: []
suppress_key_server_warning: true
url_preview_enabled: false
rc_message: {limits}
rc_login: {{address: {limits}, account: {limits}, failed_attempts: {limits}}}
rc_joins: {{local: {limits}, remote: {limits}}}
rc_invites: {{per_room: {limits}, per_user: {limits}, per_issuer: {limits}}}
rc_room_creation: {limits}
"""
LOG = "version: 1\nhandlers: {none: {class: logging.NullHandler}}\nroot: {level: ERROR, handlers: [none]}\n"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the homeserver, signed in on one device."""

    user: str
    device: str
    token: str


@dataclass(frozen=True, slots=True)
class Synapse:
    """A running homeserver."""

    url: str

    def register(self, name: str) -> Account:
        """A new user (the shared-secret way that Synapse documents)."""
        with httpx.Client(base_url=self.url) as client:
            nonce = client.get("/_synapse/admin/v1/register").json()["nonce"]
            signed = f"{nonce}\0{name}\0{PASSWORD}\0notadmin".encode()
            answer = client.post(
                "/_synapse/admin/v1/register",
                json={
                    "nonce": nonce,
                    "username": name,
                    "password": PASSWORD,
                    "admin": False,
                    "mac": hmac.new(SECRET.encode(), signed, hashlib.sha1).hexdigest(),
                },
            ).json()
        return Account(answer["user_id"], answer["device_id"], answer["access_token"])


@contextmanager
def synapse(folder: Path) -> Iterator[Synapse]:
    """Start it, wait until it answers, stop it."""
    assert PYTHON.exists(), "Synapse is not installed for the tests: run make synapse"
    port = free_port()
    config = folder / "homeserver.yaml"
    config.write_text(CONFIG.format(server=SERVER, folder=folder, port=port, secret=SECRET, limits=LIMITS))
    (folder / "log.yaml").write_text(LOG)
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(config)]
    subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, cwd=folder)
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        transport = httpx.HTTPTransport(retries=12)  # 0.5 s, 1 s, 2 s, ... while it starts
        with httpx.Client(transport=transport) as client:
            assert client.get(f"{url}/_matrix/client/versions", timeout=30).status_code == 200
        yield Synapse(url)
    finally:
        process.terminate()
        process.wait()
