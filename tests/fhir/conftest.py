"""One application for the tests of ``/fhir``."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from hooks.app import create_app
from hooks.settings import Settings

AS_OF = date(2026, 6, 10)
BASE = "https://cds.example.org/gabaguard"


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """A client of the service."""
    return create_app(Settings(as_of=AS_OF, public_url=BASE)).test_client()
