"""One request from bytes to bytes: who may ask, how parameters are read, what goes back."""

import base64
from typing import Any, cast

import pytest
import requests
import stripe
from stripe.params import WebhookEndpointListParams

from .conftest import Running


def get(sandbox: Running, path: str, **headers: str) -> requests.Response:
    return sandbox.http.get(sandbox.url + path, headers=headers, timeout=60)


def endpoints(sandbox: Running, count: int) -> list[stripe.WebhookEndpoint]:
    client = sandbox.client()
    return [
        client.v1.webhook_endpoints.create(
            {"url": f"http://127.0.0.1:1/{n}", "enabled_events": ["payout.paid"]}
        )
        for n in range(count)
    ]


def test_a_new_platform_has_an_empty_balance(sandbox: Running) -> None:
    balance = sandbox.client().v1.balance.retrieve()
    assert balance.available[0].amount == 0
    assert sandbox.sheet() == {"balances": {}, "faults": []}


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer sk_test_ada",
        "bearer sk_test_ada",
        "Basic " + base64.b64encode(b"sk_test_ada:").decode(),
        "Basic " + base64.b64encode(b"sk_test_ada:ignored").decode(),
        "Bearer rk_test_ada",
    ],
)
def test_a_test_key_opens_the_door(sandbox: Running, authorization: str) -> None:
    answer = get(sandbox, "/v1/balance", Authorization=authorization)
    assert answer.status_code == 200
    assert answer.headers["Request-Id"].startswith("req_")
    assert "local sandbox" in answer.headers["Stripe-Notice"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", None),
        ("Bearer", None),
        ("Bearer sk_live_ada", None),
        ("Basic !!!", None),
        ("Basic " + base64.b64encode(b"\xff\xfe").decode(), None),
        ("Bearer pk_test_ada", "secret_key_required"),
        ("Bearer hello", None),
        ("Bearer whsec_test_1", None),
    ],
)
def test_anything_else_does_not(sandbox: Running, authorization: str, code: str | None) -> None:
    answer = get(sandbox, "/v1/balance", Authorization=authorization)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error.get("code") == code


def test_a_refused_key_is_not_repeated_in_full(sandbox: Running) -> None:
    answer = get(sandbox, "/v1/balance", Authorization="Bearer hello_this_is_my_password")
    assert "password" not in answer.text


def test_two_keys_are_two_platforms_that_do_not_see_each_other(sandbox: Running) -> None:
    mine = endpoints(sandbox, 1)[0]
    other = sandbox.client("sk_test_somebody_else")
    assert other.v1.webhook_endpoints.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        other.v1.webhook_endpoints.retrieve(mine.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_an_unknown_path_is_answered_in_the_shape_of_an_error(sandbox: Running) -> None:
    answer = get(sandbox, "/v1/unicorns", Authorization="Bearer sk_test_ada")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "GET: /v1/unicorns" in error["message"]
    assert error["request_log_url"].startswith(sandbox.url + "/_sandbox/requests/req_")


def test_people_get_answers_laid_out_in_lines(sandbox: Running) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}", "User-Agent": "curl/8.5.0"}
    for path, first in (("/v1/balance", '{\n  "object"'), ("/v1/nothing", '{\n  "error"')):
        answer = sandbox.http.get(sandbox.url + path, headers=headers, timeout=60)
        assert answer.text.startswith(first)
        assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_head_is_get_without_the_body(sandbox: Running) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    for _ in range(2):  # on one connection, which a body that nobody reads would confuse
        told = sandbox.http.head(f"{sandbox.url}/v1/balance", headers=headers, timeout=60)
        asked = sandbox.http.get(f"{sandbox.url}/v1/balance", headers=headers, timeout=60)
        assert (told.status_code, told.content) == (200, b"")
        assert int(told.headers["Content-Length"]) == len(asked.content)


def test_the_wrong_method_is_an_unknown_path_too(sandbox: Running) -> None:
    answer = sandbox.http.delete(
        f"{sandbox.url}/v1/balance", headers={"Authorization": "Bearer sk_test_a"}, timeout=60
    )
    assert answer.status_code == 404


def test_an_account_of_somebody_else_may_not_be_used(sandbox: Running) -> None:
    account = sandbox.client("sk_test_other").v1.accounts.create({"type": "express"})
    for stranger in (account.id, "acct_doesnotexist00", "po_1"):
        with pytest.raises(stripe.PermissionError) as caught:
            sandbox.client().v1.balance.retrieve(options={"stripe_account": stranger})
        assert caught.value.http_status == 403
        assert '"code": "account_invalid"' in str(caught.value.http_body)


def test_the_platform_may_act_for_its_own_account(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"})
    answer = get(
        sandbox,
        "/v1/balance",
        **{"Authorization": f"Bearer {sandbox.key}", "Stripe-Account": seller.id},
    )
    assert answer.status_code == 200
    assert answer.headers["Stripe-Account"] == seller.id


def test_an_object_of_a_connected_account_is_not_found_on_the_platform(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"})
    client.v1.accounts.update(seller.id, {"metadata": {"shop": "cheese"}})
    events = client.v1.events.list({}, {"stripe_account": seller.id}).data
    assert [event.type for event in events] == ["account.updated"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.events.retrieve(events[0].id)
    assert caught.value.http_status == 404


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        *(
            ("/v1/webhook_endpoints", "application/x-www-form-urlencoded", body)
            for body in (b"\xff\xfe", b"url[=1", b"url[" + b"x" * 5000 + b"]" * 5000)
        ),
        *(
            ("/v2/core/accounts", "application/json", body)
            for body in (b"{", b"[]", b"null", b'{"url":' + b"[" * 6000 + b"]" * 6000 + b"}")
        ),
        ("/v1/customers", "application/json", b'{"name": "Ada"}'),
        ("/v1/customers", "text/plain; charset=utf-8", b"name=Ada"),
        ("/v2/core/accounts", "application/x-www-form-urlencoded", b"display_name=Ada"),
    ],
)
def test_a_broken_body_or_one_of_another_kind_is_the_callers_fault(
    sandbox: Running, path: str, content_type: str, body: bytes
) -> None:
    answer = sandbox.http.post(
        sandbox.url + path,
        data=body,
        headers={"Authorization": "Bearer sk_test_a", "Content-Type": content_type},
        timeout=60,
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"]


def test_an_id_may_be_in_anybodys_letters(sandbox: Running) -> None:
    client = sandbox.client()
    client.v1.products.create({"id": "fromage-à-pâte", "name": "Fromage"})
    assert client.v1.products.retrieve("fromage-à-pâte").name == "Fromage"


def test_lists_are_paged_forwards(sandbox: Running) -> None:
    made = [endpoint.id for endpoint in endpoints(sandbox, 5)][::-1]
    client = sandbox.client()
    first = client.v1.webhook_endpoints.list({"limit": 2})
    assert ([e.id for e in first.data], first.has_more) == (made[:2], True)
    assert first.url == "/v1/webhook_endpoints"
    last = client.v1.webhook_endpoints.list({"limit": 3, "starting_after": made[1]})
    assert ([e.id for e in last.data], last.has_more) == (made[2:], False)
    assert [e.id for e in first.auto_paging_iter()] == made


def test_lists_are_paged_backwards(sandbox: Running) -> None:
    made = [endpoint.id for endpoint in endpoints(sandbox, 5)][::-1]
    client = sandbox.client()
    page = client.v1.webhook_endpoints.list({"limit": 2, "ending_before": made[4]})
    assert ([e.id for e in page.data], page.has_more) == (made[2:4], True)
    page = client.v1.webhook_endpoints.list({"limit": 2, "ending_before": made[2]})
    assert ([e.id for e in page.data], page.has_more) == (made[:2], False)
    assert [e.id for e in page.auto_paging_iter()] == [made[1], made[0]]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"limit": 0}, "parameter_invalid_integer", "limit"),
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"limit": "many"}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "we_gone"}, "resource_missing", "starting_after"),
        ({"ending_before": ""}, "parameter_invalid_empty", "ending_before"),
        ({"starting_after": "a", "ending_before": "b"}, "parameters_exclusive", "ending_before"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    sandbox: Running, params: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client().v1.webhook_endpoints.list(cast("WebhookEndpointListParams", params))
    assert (caught.value.code, caught.value.param) == (code, param)


def test_a_cursor_of_another_platform_does_not_exist(sandbox: Running) -> None:
    cursor = endpoints(sandbox, 1)[0].id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client("sk_test_other").v1.webhook_endpoints.list({"starting_after": cursor})
    assert caught.value.code == "resource_missing"


def test_deleted_objects_are_gone_from_lists_and_retrieval(sandbox: Running) -> None:
    client = sandbox.client()
    kept, lost = endpoints(sandbox, 2)
    assert client.v1.webhook_endpoints.delete(lost.id).deleted is True
    assert [e.id for e in client.v1.webhook_endpoints.list().data] == [kept.id]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.webhook_endpoints.retrieve(lost.id)


def test_metadata_are_merged_unset_by_key_and_unset_as_a_whole(sandbox: Running) -> None:
    client = sandbox.client()
    made = client.v1.webhook_endpoints.create(
        {
            "url": "http://127.0.0.1:1/",
            "enabled_events": ["payout.paid"],
            "metadata": {"a": "1", "b": "2"},
        }
    )
    update = client.v1.webhook_endpoints.update
    assert update(made.id, {"metadata": {"c": "3", "a": ""}}).metadata.to_dict() == {
        "b": "2",
        "c": "3",
    }
    assert update(made.id, {"metadata": ""}).metadata.to_dict() == {}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        update(made.id, {"metadata": {"k" * 41: "x"}})
    assert caught.value.param == "metadata"


@pytest.mark.parametrize(
    "host", ["127.0.0.1.evil.example", "evil.example", "localhost.evil.example"]
)
def test_a_foreign_name_for_this_machine_is_turned_away(sandbox: Running, host: str) -> None:
    assert get(sandbox, "/healthz", Host=host).status_code == 421


def test_both_programs_on_this_machine_can_ask_whether_it_is_ready(sandbox: Running) -> None:
    port = sandbox.url.rpartition(":")[2]
    assert get(sandbox, "/healthz").json()["status"] == "ok"
    assert get(sandbox, "/healthz", Host=f"localhost:{port}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:4242"},
        {"Origin": "null"},
    ],
)
def test_a_form_on_another_site_cannot_move_the_clock(
    sandbox: Running, headers: dict[str, str]
) -> None:
    before = sandbox.sandbox.clock.offset
    answer = sandbox.http.post(
        f"{sandbox.url}/_sandbox/clock", data={"advance": 60}, headers=headers, timeout=60
    )
    assert answer.status_code == 403
    assert sandbox.sandbox.clock.offset == before


def test_a_fault_in_the_sandbox_says_that_it_is_one(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.sandbox.wire.form.decode", lambda _: 1 / 0)
    answer = get(sandbox, "/v1/balance", Authorization="Bearer sk_test_a")
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "api_error"
    assert "bug in it" in answer.json()["error"]["message"]
