"""A passkey lets its owner in without a name, and nobody else, in a real chromium whose key is a virtual one.

Method: Chromium's virtual authenticator (DevTools protocol, WebAuthn) is the key in the reader; the app runs on a real
socket, at "localhost", which browsers hold to be as safe as TLS.
"""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import expect

from contrefeu.access import make_local_ca
from contrefeu.acts import PasskeyAdded, PasskeyRemoved, decode
from contrefeu.base import SystemClock
from contrefeu.journal import MEDIA_ACT
from tests.station.serving import chromium, log_in, serving
from tests.station.ward_in_memory import SECRET

STATION_NAME = "ward-3.chu.example"
pytestmark = pytest.mark.browser
BUTTON = {"fr": "Entrer avec ma clé d’accès", "en": "Log in with my passkey"}


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    """The node's own authority, and the certificate of a station."""
    folder = tmp_path_factory.mktemp("ca")
    return make_local_ca(folder, facility="CHU", names=[STATION_NAME], clock=SystemClock())


@pytest.fixture(scope="module")
def screen(ca):
    """A chromium on a PC that trusts that certificate, and knows the station's name without DNS."""
    own = x509.load_pem_x509_certificate(ca.server_certificate.read_bytes()).public_key()
    spki = own.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    trusted = f"--ignore-certificate-errors-spki-list={b64encode(sha256(spki).digest()).decode()}"
    with chromium(trusted, f"--host-resolver-rules=MAP {STATION_NAME} 127.0.0.1") as found:
        yield found


@pytest.fixture
def served():
    """The app, at the one name that needs no certificate."""
    with serving() as found:
        found.url = found.url.replace("127.0.0.1", "localhost")
        yield found


def leave(page):
    """Be nobody again: no page stands open that would ask for something meanwhile."""
    page.goto("about:blank")
    page.context.clear_cookies()


@contextmanager
def key(screen, *, verified=True, locale="fr-FR") -> Iterator:
    """A window of a PC that has a key in its reader; its owner's finger is known to it, or not."""
    context, page = screen.window(locale=locale)
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    reader = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
    reader |= {"isUserVerified": verified, "automaticPresenceSimulation": True}
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": reader})
    page.tools = lambda what, **more: tools.send(f"WebAuthn.{what}", made | more)
    yield page
    context.close()


def add(page, url, secret=SECRET):
    """Add a passkey at one's account's page."""
    page.goto(f"{url}/account")
    page.fill("#label", "Porte-clés")
    page.fill("#passkeys #secret", secret)
    page.click("#passkeys button.main")


def acts(served, kind):
    """The acts of a kind that were written."""
    bodies = [one.body for one in served.charts.journal if one.media_type == MEDIA_ACT]
    return [act for act in map(decode, bodies) if isinstance(act, kind)]


@pytest.mark.req("D1", "G5")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_key_in_the_reader_is_name_and_secret(screen, served, language):
    """Added at one's account's page, it lets its owner in without a name, on the page asked for, and is audited."""
    with key(screen, locale=f"{language}-{language.upper()}") as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        expect(page.locator("#passkeys")).to_contain_text("Porte-clés")
        [added] = acts(served, PasskeyAdded)
        assert (added.login, added.site, added.label) == ("nadia", "localhost", "Porte-clés")
        leave(page)
        page.goto(f"{served.url}/login?next=/patient/p-durand")
        page.get_by_role("button", name=BUTTON[language]).click()
        expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
        expect(page.locator(".me")).to_contain_text("Nadia Benali")
    logins = [one for one in served.charts.audited() if one["subtype"][0]["code"] == "110122"]
    assert logins[-1]["agent"][0]["who"]["identifier"]["value"] == "nadia"
    assert logins[-1]["entity"][0]["what"]["display"] == "passkey"


def test_a_key_that_was_taken_away_opens_nothing(screen, served):
    """Removed by its owner, or gone with a disabled account, the key in the reader lets nobody in and says no more."""
    with key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        page.get_by_role("button", name="Retirer").click()
        expect(page.locator("#passkeys")).to_contain_text("Aucune clé d’accès")
        assert len(acts(served, PasskeyRemoved)) == 1
        leave(page)
        page.goto(f"{served.url}/login")
        page.get_by_role("button", name=BUTTON["fr"]).click()
        expect(page.get_by_role("alert").first).to_contain_text("n’ouvre rien ici")
        page.goto(f"{served.url}/")
        expect(page).to_have_url(f"{served.url}/login")


def test_a_key_that_does_not_know_its_owners_finger_is_refused(screen, served):
    """Found on a desk it opens nothing: the key must ask for the finger or the code itself."""
    with key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        expect(page.locator("#passkeys")).to_contain_text("Porte-clés")
        page.tools("setUserVerified", isUserVerified=False)
        leave(page)
        page.goto(f"{served.url}/login")
        page.get_by_role("button", name=BUTTON["fr"]).click()
        expect(page.get_by_text("Le navigateur n’a pas donné de clé")).to_be_visible()
        expect(page.locator("#login")).to_be_visible()


def test_a_copied_key_is_refused(screen, served):
    """A counter that went back is another key with the same secret (WebAuthn, 6.1.1)."""
    with key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        expect(page.locator("#passkeys")).to_contain_text("Porte-clés")
        [copied] = page.tools("getCredentials")["credentials"]
        for enters in (True, False):
            leave(page)
            page.goto(f"{served.url}/login")
            page.get_by_role("button", name=BUTTON["fr"]).click()
            if enters:
                expect(page.locator(".me")).to_contain_text("Nadia Benali")
                page.tools("removeCredential", credentialId=copied["credentialId"])
                page.tools("addCredential", credential=copied)
        expect(page.get_by_role("alert").first).to_contain_text("n’ouvre rien ici")


def test_a_login_page_whose_token_is_old_does_not_blame_the_key(screen, served):
    """Another tab was given the door's token since: the page comes anew, and the key opens then."""
    with key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        expect(page.locator("#passkeys")).to_contain_text("Porte-clés")
        leave(page)
        page.goto(f"{served.url}/login")
        [door] = [one for one in page.context.cookies() if one["name"].endswith("login")]
        page.context.add_cookies([door | {"value": "another-tabs"}])
        with page.expect_navigation():
            page.get_by_role("button", name=BUTTON["fr"]).click()
        page.get_by_role("button", name=BUTTON["fr"]).click()
        expect(page.locator(".me")).to_contain_text("Nadia Benali")


def test_a_screen_left_open_gives_nobody_a_key(screen, served):
    """Without the account's secret no key is added, and the page says why."""
    with key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url, secret="not-it")
        expect(page.get_by_text("aucune clé n’a été ajoutée")).to_be_visible()
        assert acts(served, PasskeyAdded) == []


def test_a_station_by_its_number_says_that_a_name_is_needed(screen):
    """Browsers bind no key to an address of digits: the page says so, and how to come in."""
    with serving() as served, key(screen) as page:
        log_in(page, served.url, "nadia")
        add(page, served.url)
        expect(page.get_by_text("Il faut l’adresse par son nom")).to_be_visible()
        assert acts(served, PasskeyAdded) == []


@pytest.mark.req("D1")
def test_a_station_in_tls_by_its_name_takes_keys(screen, ca):
    """Under the node's own certificate, whose authority the PC trusts, and a name that the PC's hosts file knows."""
    with serving(tls=ca) as served, key(screen) as page:
        url = served.url.replace("127.0.0.1", STATION_NAME)
        log_in(page, url, "nadia")
        add(page, url)
        expect(page.locator("#passkeys")).to_contain_text("Porte-clés")
        leave(page)
        page.goto(f"{url}/login")
        page.get_by_role("button", name=BUTTON["fr"]).click()
        expect(page.locator(".me")).to_contain_text("Nadia Benali")
