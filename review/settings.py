"""What the console is told when it starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.custody import Entry
from cases.opening import Place
from cases.sql.store import SqlStore

PrintDossier = Callable[[Case, Sequence[Entry], datetime], tuple[bytes, Mapping[str, Any]]]

PackBag = Callable[[Case, Sequence[Entry], datetime, str | None], tuple[bytes, Mapping[str, Any]]]

Converse = Callable[[SqlStore, str, str, str | None, datetime], None]


@dataclass(frozen=True, slots=True)
class House:
    """The files that the administrator edits in forms.

    Attributes:
        config: the configuration.
        flows: folder of the texts and contacts.
        renewed: the settings of the console with what the configuration says now.
        fault_of: what is wrong with a configuration that is about to stand there, in one sentence; "" when nothing is.
    """

    config: Path
    flows: Path
    fault_of: Callable[[str, Path], str]
    renewed: Callable[["Settings"], "Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the console listens and the rules of the house.

    Attributes:
        store: the case store, a file or the address of a database.
        key: of the case store.
        models: folder of the trained models.
        association: name of who runs the helpline.
        timezone: zone of the hours shown.
        team_hours: `mon 09:00-17:00`, in that zone.
        absence: how long she waits for an answer before the program says that nobody could give one yet.
        language: of the pages, when an account chose none.
        listen: address.
        port: TCP port.
        public_url: how staff reach it; https makes cookies `Secure`.
        idle: a session unused for so long ends.
        longest: a session ends after so long whatever happens.
        exposure_limit: full texts of heavy exhibits a person reads in a day before a pause is proposed.
        converse: carries one answer (conversation, words, button) of somebody on the telephone to the engine.
        pack_bag: makes the bag of a case (ZIP, AES-256 under a passphrase) and what its custody log says of it.
        print_dossier: makes the PDF of a case and what its custody log says of it.
        house: what the administrator may edit, or None.
        identity_by_two: a second person agrees before an identity is shown.
        demo: the cases are invented, and every page says so.
    """

    store: Place
    key: str
    models: Path
    association: str
    timezone: ZoneInfo
    print_dossier: PrintDossier
    converse: Converse
    pack_bag: PackBag
    team_hours: tuple[str, ...] = ()
    absence: timedelta = timedelta(minutes=150)
    language: str = "fr"
    listen: str = "127.0.0.1"
    port: int = 8470
    public_url: str = ""
    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=10)
    exposure_limit: int = 30
    house: House | None = None
    identity_by_two: bool = False
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach it through https."""
        return self.public_url.startswith("https://")
