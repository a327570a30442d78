"""E-mail addresses on narrow pages."""

from __future__ import annotations

import pytest

from huleedu.common.templatetags.addresses import address


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("emil.andersson@elev.example", "emil.andersson<wbr>@elev.example"),
        ("<b>@elev.example", "&lt;b&gt;<wbr>@elev.example"),
        ("no address", "no address"),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_breaks_before_its_at(email: str | None, shown: str) -> None:
    assert address(email) == shown
