"""The gate: every route, every role, forged and malformed requests, headers."""

from collections.abc import Iterator

import pytest

from cases.staff import ROLES
from review.app import PAGES
from review.gate import HEADERS, LARGEST_FORM, Page
from tests.review.serving import House, Member, Visitor, post, sign_in, token_of

BEHIND = [page for page in PAGES if not page.public]
FORMS = [page for page in BEHIND if page.method == "POST"]
READ = [page for page in BEHIND if page.method == "GET" and not page.path.endswith("live")]


def name_of(page: Page) -> str:
    return f"{page.method} {page.path}"


def address(house: House, page: Page) -> str:
    """The path with ids that exist."""
    values = {
        "{number}": house.cases[0],
        "{position:int}": "1",
        "{fact}": "threat_present",
        "{offence}": "threats",
        "{correction:int}": "999",
        "{view:int}": "999",
        "{merge:int}": "999",
        "{request:int}": "999",
        "{staff:int}": "999",
        "{passkey:int}": "999",
        "{before:int}": "5",
        "{year:int}": "2026",
        "{group}": "questions",
        "{kind}": "config",
        "{name}": "association",
        "{revision:int}": "999",
    }
    path = page.path
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path
    return path


@pytest.fixture(scope="module")
def browsers(house: House) -> Iterator[dict[str, Visitor]]:
    """One signed-in browser a role."""
    clients = {role: house.signed_in(house.hire(f"one-{role}", role)) for role in ROLES}
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_names_who_may_see_it(page: Page) -> None:
    assert page.public == (not page.roles)
    assert page.roles <= set(ROLES)
    assert page.method in ("GET", "POST")


@pytest.mark.parametrize("page", BEHIND, ids=name_of)
def test_nobody_enters_without_signing_in(house: House, page: Page) -> None:
    with house.visitor() as client:
        answer = client.request(page.method, address(house, page), data={} if page.method == "POST" else None)
        refused = answer.headers.get("location") == "/sign-in" or answer.status_code == 415
        assert refused, answer.status_code
        assert house.cases[0] not in answer.text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", [*READ, *FORMS], ids=name_of)
def test_every_route_lets_in_its_roles_and_no_other(
    house: House, browsers: dict[str, Visitor], page: Page, role: str
) -> None:
    if page.path in ("/sign-out", "/account/sessions"):
        return  # they would end the session of this test; tried below
    client, path = browsers[role], address(house, page)
    answer = client.get(path) if page.method == "GET" else post(client, path)
    if role in page.roles:
        assert answer.status_code not in (401, 403, 405, 500), answer.text
    else:
        assert answer.status_code == 403
        assert not any(number in answer.text for number in house.cases)


@pytest.mark.parametrize("page", FORMS, ids=name_of)
def test_a_form_without_its_token_does_nothing(house: House, browsers: dict[str, Visitor], page: Page) -> None:
    client = browsers[min(page.roles)]
    before = house.store.desk.pulse_of(house.cases[0])
    for token in ({}, {"token": "x" * 43}, {"token": ""}):
        assert client.post(address(house, page), data={"note": "forged", **token}).status_code == 403
    assert house.store.desk.pulse_of(house.cases[0]) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(
    house: House, browsers: dict[str, Visitor], headers: dict[str, str]
) -> None:
    client = browsers["reviewer"]
    data = {"token": token_of(client), "note": "forged"}
    assert client.post(f"/cases/{house.cases[0]}/notes", data=data, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/", "/sign-in", "/account", "/nothing", "/static/console.css", "/cases/R-XXXX-XXXX"])
def test_every_answer_carries_the_headers(browsers: dict[str, Visitor], path: str) -> None:
    answer = browsers["reviewer"].get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers


def test_no_page_holds_a_script_or_a_style_of_its_own(house: House, browsers: dict[str, Visitor]) -> None:
    for path in ("/", "/account", f"/cases/{house.cases[0]}"):
        page = browsers["reviewer"].get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick" not in page
        assert "javascript:" not in page
        assert page.count("<script") == page.count('<script src="/static/')
        assert "http://" not in page
        assert "https://" not in page


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House, nour: Member) -> None:
    with house.visitor() as client:
        cookies = sign_in(client, nour.name, nour.password, nour.code()).headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("recours-session="))
    assert "HttpOnly" in session
    assert "SameSite=strict" in session
    assert "Max-Age" not in session


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x=" + b"a" * LARGEST_FORM, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(200)), "application/x-www-form-urlencoded", 400),
        ("clé=é".encode(), "application/x-www-form-urlencoded", 400),
        (b"x=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"--b\r\n", "multipart/form-data; boundary=b", 415),
        (b"", "", 415),
    ],
)
def test_a_malformed_or_oversized_request_is_refused_plainly(
    house: House, browsers: dict[str, Visitor], content: bytes, kind: str, status: int
) -> None:
    answer = browsers["reviewer"].post(
        f"/cases/{house.cases[0]}/notes", content=content, headers={"content-type": kind}
    )
    assert answer.status_code == status
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_another_host_name_is_refused(house: House, host: str) -> None:
    with house.visitor(host=host) as client:
        assert client.get("/sign-in").status_code == 400


@pytest.mark.parametrize("path", ["//evil.example/", "/sign-in?next=https://evil.example", "/\\evil.example"])
def test_no_address_leads_out_of_the_house(house: House, browsers: dict[str, Visitor], path: str) -> None:
    answer = browsers["reviewer"].get(f"{house.url}{path}")
    assert "evil" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "path",
    [
        "/cases/{0}' OR 1=1 --",
        "/cases/..%2f..%2fetc%2fpasswd",
        "/cases/R-AAAA-AAAA",
        "/cases/{0}/exhibits/99999/text",
        "/cases/{0}/exhibits/0/text",
        "/cases/{0}/facts/no_such_fact",
        "/cases/{0}/facts/__class__",
        "/cases/{0}/findings/no_such_offence",
        "/static/../visit.py",
        "/static/%2e%2e/visit.py",
    ],
)
def test_an_id_that_is_not_there_is_not_found(house: House, browsers: dict[str, Visitor], path: str) -> None:
    client, path = browsers["reviewer"], path.format(house.cases[0])
    answers = [client.get(path)]
    if path.count("/") > 3:
        answers = [post(client, path, answer="confirm", status="indicated", was="possible")]
    for answer in answers:
        assert answer.status_code in (404, 405), answer.status_code
        assert "sqlite" not in answer.text.lower()


def test_a_view_of_somebody_else_can_be_neither_used_nor_dropped(house: House, browsers: dict[str, Visitor]) -> None:
    owner, other = browsers["reviewer"], browsers["coordinator"]
    post(owner, "/views", name="à moi")
    account = house.store.staff.named("one-reviewer")
    assert account is not None
    view = next(view for view in house.store.desk.views(account.id) if view.name == "à moi")
    assert post(other, f"/views/{view.id}/use").status_code == 404
    post(other, f"/views/{view.id}/drop")
    assert [kept.name for kept in house.store.desk.views(account.id)] == ["à moi"]


def test_every_look_is_in_the_audit_log_before_it_is_seen(house: House, browsers: dict[str, Visitor]) -> None:
    client, number = browsers["reviewer"], house.cases[0]
    client.get(f"/cases/{number}")
    post(client, f"/cases/{number}/exhibits/1/extract")
    post(client, f"/cases/{number}/exhibits/1/text")
    post(client, f"/cases/{number}/conversation")
    post(client, f"/cases/{number}/identity", reason="danger")
    post(client, f"/cases/{number}/dossier")
    events = [entry.event for entry in house.store.audit.of_case(number) if entry.detail["staff"] == "one-reviewer"]
    wanted = ["case_viewed", "extract_viewed", "text_viewed", "conversation_viewed", "identity_viewed", "exported"]
    assert [event for event in events if event in wanted][-len(wanted) :] == wanted
    assert house.store.audit.faults() == []
    assert "viewed" in [entry.event for entry in house.store.custody(number)]
    assert house.store.faults(number) == []


def test_who_she_is_needs_a_reason(house: House, browsers: dict[str, Visitor]) -> None:
    client, number = browsers["reviewer"], house.cases[0]
    case = house.store.by_number(number)
    assert case is not None
    page = client.get(f"/cases/{number}").text
    assert f"<code>{case.chat}</code>" not in page
    assert "K." not in page
    assert post(client, f"/cases/{number}/identity").status_code == 400
    assert post(client, f"/cases/{number}/identity", reason="curiosity").status_code == 400
    assert f"<code>{case.chat}</code>" in post(client, f"/cases/{number}/identity", reason="request").text


def test_no_word_searched_stands_in_an_address(house: House, browsers: dict[str, Visitor]) -> None:
    client = browsers["reviewer"]
    answer = post(client, "/queue", words="tuer soir")
    assert answer.headers["location"] == "/"
    page = client.get("/")
    assert "tuer soir" in page.text
    kept = [case for case in map(house.store.by_number, house.cases) if case is not None]
    shown = [case.number for case in kept if any("tuer" in exhibit.text for exhibit in case.exhibits)]
    assert shown
    assert all(number in page.text for number in shown)
    assert "tuer" not in str([entry.detail for entry in house.store.audit.entries(20)])
    post(client, "/queue")


@pytest.mark.parametrize("path", ["/live", "/cases/{0}/live"])
def test_nobody_listens_to_arrivals_without_the_role(house: House, browsers: dict[str, Visitor], path: str) -> None:
    assert browsers["auditor"].get(path.format(house.cases[0])).status_code == 403
    with browsers["reviewer"].stream("GET", path.format(house.cases[0])) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(answer.iter_lines()) == ": still here"
