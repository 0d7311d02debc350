"""What tests of concepts may ask for besides."""

from dataclasses import replace

import pytest
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import people, sellers
from marketplace.design import DEFAULT, AccountsApi
from marketplace.models import Seller
from tests.market import market, waiting
from tests.running import Running
from tests.till import till

__all__ = ["market", "till", "waiting"]


@pytest.fixture
def stripe(sandbox: Running) -> StripeClient:
    """The SDK, at the sandbox."""
    return sandbox.client()


@pytest.fixture(params=AccountsApi)
def maria(request: pytest.FixtureRequest, session: orm.Session) -> Seller:
    """A seller who has opened a shop and nothing more; once for each Accounts API."""
    user = people.sign_up(
        session, email="maria@example.com", name="Maria", password="a good long sentence"
    )
    design = replace(DEFAULT, accounts_api=request.param)
    seller = sellers.open_shop(session, user, name="Maria's Mugs", country="US", design=design)
    session.commit()
    return seller
