"""The door to the network: limits hold, credentials stay with their origin, and no address that is shown holds any."""

from __future__ import annotations

import pytest
from torch_doctor.online.web import Limits, OnlineError, Web, origin, plain

from tests.unit.online.server import Site, serving

QUICK = Limits(connect_s=1, silence_s=0.3, total_s=1, page_bytes=1000, whole_bytes=1000)


def test_a_page_comes_with_its_type_and_place(site: Site) -> None:
    site.page("a.whl")
    with Web(site.url) as web:
        page = web.page(f"{site.url}/simple/torch/", "text/html")

    assert (
        page.media_type == "text/html"
        and b"a.whl" in page.body
        and page.url.endswith("/simple/torch/")
    )
    assert web.bytes_read == len(page.body)


def test_pieces_and_tails_are_what_was_asked_for(site: Site) -> None:
    site.files["/f"] = bytes(range(200))
    with Web(site.url) as web:
        piece, tail, end = (
            web.piece(f"{site.url}/f", 10, 5),
            web.tail(f"{site.url}/f", 7),
            web.piece(f"{site.url}/f", 195, 50),
        )

    assert piece == (10, bytes(range(10, 15)), 200)
    assert tail == (193, bytes(range(193, 200)), 200)
    assert end.body == bytes(range(195, 200))


def test_a_server_without_ranges_gives_the_whole_file(site: Site) -> None:
    site.files["/f"] = b"x" * 200
    site.ranges = False
    with Web(site.url) as web:
        assert web.piece(f"{site.url}/f", 10, 5) == (0, b"x" * 200, 200)


@pytest.mark.parametrize("ranges", [True, False])
def test_too_much_is_refused_before_it_is_read(site: Site, ranges: bool) -> None:
    site.files["/f"] = b"x" * 5000
    site.ranges = ranges
    with Web(site.url, QUICK) as web, pytest.raises(OnlineError, match="more than"):
        web.page(f"{site.url}/f", "text/html")
    assert web.bytes_read == 0
    if not ranges:
        with pytest.raises(OnlineError, match="more than"):
            web.piece(f"{site.url}/f", 0, 10)


def test_other_bytes_than_asked_for_are_refused(site: Site) -> None:
    site.files["/f"] = b"x" * 200
    site.quirk = "other bytes"
    with Web(site.url) as web, pytest.raises(OnlineError, match="other bytes"):
        web.piece(f"{site.url}/f", 10, 5)


def test_silence_ends(site: Site) -> None:
    site.files["/f"] = b"x"
    site.quirk = "silent"
    with Web(site.url, QUICK) as web, pytest.raises(OnlineError, match="silent"):
        web.page(f"{site.url}/f", "*/*")


def test_a_drip_ends_although_bytes_keep_coming(site: Site) -> None:
    site.files["/f"] = b"x" * 900
    site.quirk = "drip"
    with (
        Web(site.url, QUICK) as web,
        pytest.raises(OnlineError, match=r"takes more than|broke off"),
    ):
        web.page(f"{site.url}/f", "*/*")


def test_credentials_go_to_their_origin_alone(site: Site) -> None:
    with serving(Site()) as other:
        other.files["/f"] = b"x"
        site.files["/own"] = b"x"
        site.redirects["/away"] = f"{other.url}/f"
        site.redirects["/near"] = "/own"
        with Web(site.url.replace("//", "//me:secret@")) as web:
            for path in ("own", "near", "away"):
                web.page(f"{site.url}/{path}", "*/*")
            web.page(f"{other.url}/f", "*/*")

        assert all(
            "authorization" in headers
            for headers in (*site.headers_of("/own"), *site.headers_of("/away"))
        )
        assert len(other.headers_of("/f")) == 2
        assert not any("authorization" in headers for headers in other.headers_of("/f"))


def test_circles_and_missing_pages_are_named(site: Site) -> None:
    site.redirects["/a"] = "/a"
    with Web(site.url) as web:
        with pytest.raises(OnlineError, match="circles"):
            web.page(f"{site.url}/a", "*/*")
        with pytest.raises(OnlineError, match="404"):
            web.page(f"{site.url}/none", "*/*")


def test_no_message_holds_a_secret(site: Site) -> None:
    secret = site.url.replace("//", "//me:hush@")
    with Web(secret) as web, pytest.raises(OnlineError) as caught:
        web.page(f"{secret}/none?token=hush", "*/*")

    assert "hush" not in str(caught.value)
    assert plain("https://a:b@host/x?y#z") == "https://host/x"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/x", "http://", "http://host:99999/x", "nonsense"]
)
def test_only_the_web_is_read(url: str) -> None:
    with pytest.raises(OnlineError), Web("http://127.0.0.1") as web:
        web.page(url, "*/*")


def test_nobody_there_is_one_line() -> None:
    with Web("http://127.0.0.1:9", QUICK) as web, pytest.raises(OnlineError, match="no connection"):
        web.page("http://127.0.0.1:9/x", "*/*")


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://Host/x") == origin("https://host:443/y") != origin("http://host/x")
