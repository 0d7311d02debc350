"""What Stripe would take instead of an answer, in both Accounts APIs."""

from marketplace.accounts import v1, v2
from marketplace.accounts.state import AccountState, tasks
from tests.running import Running
from tests.sandbox.onboarded import BOTH, express


def instead(state: AccountState) -> dict[str, tuple[tuple[str, ...], ...]]:
    """What a row keeps of it, by the sentence of the question."""
    return {task.text: task.instead for task in tasks(state.requirements_as_json())}


def test_a_seller_without_a_website_may_say_what_they_sell(sandbox: Running) -> None:
    """Said of the same account by both APIs."""
    account = express(sandbox, business_type="individual", capabilities=BOTH)
    client = sandbox.client()
    older = v1.state(client.v1.accounts.retrieve(account.id).to_dict())
    newer = v2.state(
        client.v2.core.accounts.retrieve(account.id, {"include": [*v2.INCLUDE]}).to_dict()
    )
    question, answer = "The shop's website, or what it sells", (("What the shop sells",),)
    assert instead(older)[question] == instead(newer)[question] == answer
    others = {text: ways for text, ways in instead(older).items() if ways}
    assert others == {question: answer}


def test_several_answers_that_count_as_one_are_told_together() -> None:
    kept = {
        "items": [{"code": "company.tax_id", "due": "now"}],
        "alternatives": [
            {
                "codes": ["company.registration_number", "company.vat_id"],
                "instead_of": ["company.tax_id"],
            },
            {"codes": ["company.verification.document"], "instead_of": ["company.tax_id"]},
        ],
    }
    (task,) = tasks(kept)
    assert task.instead == (
        ("The company's registration number", "The company's VAT number"),
        ("A document that proves the company's name",),
    )


def test_rows_that_were_kept_before_there_were_alternatives_are_still_read() -> None:
    (task,) = tasks({"items": [{"code": "external_account", "due": "now"}], "problems": []})
    assert task.instead == ()
