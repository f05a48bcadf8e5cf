"""The site is whole: every link leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urldefrag, urlsplit

from tests.docs.pages import ROOT, pages


def test_every_link_and_anchor_leads_somewhere(site):
    wrong = []
    for path, page in site.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if urlsplit(target).scheme or path == "404.html":
                continue
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target))) if target else path
            place = "index.html" if place in (".", "") else place
            if place not in site and not place.endswith((".png", ".svg")):
                wrong.append(f"{path}: {link}")
            elif anchor and unquote(anchor) not in site[place].ids:
                wrong.append(f"{path}: {link} has no such anchor")
    assert wrong == []


def test_nothing_is_fetched_from_elsewhere(site):
    """No fonts, scripts or pictures of other servers: the site is read offline, from files."""
    assert {
        each for page in site.values() for each in page.fetches if urlsplit(each).scheme not in ("", "data")
    } == set()


def test_every_page_can_be_reached(site):
    reached = {
        posixpath.normpath(posixpath.join(posixpath.dirname(path), urldefrag(link).url))
        for path, page in site.items()
        for link in page.links
    }
    assert set(site) - reached - {"404.html"} == set()


def test_links_of_the_repository_lead_to_files():
    """README and changelog are read where there is no site."""
    for name in ("README.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
            target = urldefrag(next(filter(None, link))).url
            assert urlsplit(target).scheme or (ROOT / target).exists(), f"{name}: {target}"


def test_pictures_say_what_is_on_them():
    for page in pages():
        text = page.path.read_text(encoding="utf-8")
        assert not re.findall(r"!\[\s*\]\(", text), page.name
        assert all('alt="' in tag for tag in re.findall(r"<img[^>]*>", text)), page.name
