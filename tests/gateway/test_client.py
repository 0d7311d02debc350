"""The client: the address and the key are all that differ, and every request is remembered."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from marketplace.config import SANDBOX_KEY, Settings
from marketplace.errors import StripeUnavailable
from marketplace.gateway import client
from marketplace.gateway.failures import translating
from marketplace.gateway.trace import HIDDEN, Trace, shown

ACCOUNT = b'{"id": "acct_1", "object": "account"}'


class Stripe(BaseHTTPRequestHandler):
    """Answers every request with one account, and keeps the headers of the last."""

    last: dict[str, str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).last = dict(self.headers)
        self.send_response(200)
        self.send_header("Request-Id", "req_1")
        self.send_header("Content-Length", str(len(ACCOUNT)))
        self.end_headers()
        self.wfile.write(ACCOUNT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stripe)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def hang_up(stripe: client.StripeClient) -> None:
    http = stripe._requestor._client
    assert http is not None
    http.close()


def sandbox(port: int) -> Settings:
    return Settings.from_environ({"SANDBOX_PORT": str(port)})


def test_in_the_sandbox_requests_go_to_loopback_with_the_sandbox_key(port: int) -> None:
    trace = Trace()
    stripe = client.connect(sandbox(port), trace)
    account = stripe.v1.accounts.create(
        {"country": "US", "email": "noor@x.example", "individual": {"last_name": "Canary"}},
        {"idempotency_key": "account:a1b2c3d4:0", "stripe_account": "acct_9"},
    )
    assert account.id == "acct_1"
    assert Stripe.last["Authorization"] == f"Bearer {SANDBOX_KEY}"
    (call,) = trace.calls()
    assert (call.method, call.path, call.status) == ("POST", "/v1/accounts", 200)
    assert (call.account, call.request_id) == ("acct_9", "req_1")
    assert call.idempotency_key == "account:a1b2c3d4:0"
    assert call.parameters["country"] == "US"
    assert call.parameters["individual[last_name]"] == HIDDEN
    assert "Canary" not in repr(call)
    hang_up(stripe)


def test_a_request_without_an_answer_is_remembered_too() -> None:
    trace = Trace()
    stripe = client.connect(sandbox(9), trace)
    with pytest.raises(StripeUnavailable), translating():
        stripe.v1.balance.retrieve(options={"max_network_retries": 0})
    (call,) = trace.calls()
    assert (call.path, call.status) == ("/v1/balance", 0)
    hang_up(stripe)


def test_with_a_test_key_the_address_is_stripes_own() -> None:
    settings = Settings.from_environ(
        {"STRIPE_SECRET_KEY": "sk_test_12345678", "SECRET_KEY": "c" * 40}
    )
    requestor = client.connect(settings)._requestor
    assert requestor.base_addresses["api"] == "https://api.stripe.com"
    assert requestor.base_addresses["files"] == "https://files.stripe.com"
    assert requestor.api_key == "sk_test_12345678"


def test_in_the_sandbox_no_address_leaves_this_machine() -> None:
    addresses = client.connect(sandbox(9))._requestor.base_addresses
    assert set(addresses.values()) == {"http://127.0.0.1:9"}
    assert set(addresses) == {"api", "files", "connect", "meter_events"}


def test_recording_gives_the_calls_of_the_block_even_when_the_ring_is_full(port: int) -> None:
    trace = Trace(kept=3)
    stripe = client.connect(sandbox(port), trace)
    for _ in range(4):
        stripe.v1.accounts.create({"country": "US"})
    with trace.recording() as calls:
        stripe.v1.accounts.create({"country": "DE"})
    assert [call.parameters["country"] for call in calls] == ["DE"]
    hang_up(stripe)


def test_only_harmless_parameters_are_shown() -> None:
    url = "http://x/v1/y?limit=3&email=a%40b.c"
    body = "transfer_data[destination]=acct_1&card[number]=4242&line_items[0][quantity]=2"
    assert shown(url, body) == {
        "limit": "3",
        "email": HIDDEN,
        "transfer_data[destination]": "acct_1",
        "card[number]": HIDDEN,
        "line_items[0][quantity]": "2",
    }


def test_the_trace_of_a_json_body_names_what_was_sent_and_hides_what_it_says() -> None:
    body = '{"identity": {"individual": {"given_name": "A=B&c"}, "country": "us"}, "list": [1]}'
    assert shown("https://api.stripe.com/v2/core/accounts", body) == {
        "identity[individual][given_name]": HIDDEN,
        "identity[country]": "us",
        "list[0]": HIDDEN,
    }
