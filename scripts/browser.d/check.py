#!/usr/bin/env python3
"""Looks at the operators' page as a person does, in Chromium: check.py URL KEY PICTURES COUNTING [all]

COUNTING is the folder of what counting.py has written.

Every state in both languages, at 320, 390 and 1280 px, light and dark (without `all`: 390 px, light, and 320 px, dark):
axe-core finds no violation of WCAG 2.2 AA or best practice, nothing scrolls sideways, targets are large enough, the
console is empty under the page's own policy, and nothing is requested besides the page. Everything works without
script too, and lynx and w3m show each number. A page has at most 30 KB, and 9 KB compressed. Prints what was found, and how many states were looked at; the exit status is 1 if anything was."""
import gzip
import pathlib
import re
import subprocess
import sys
import urllib.parse

import axe_playwright_python
from playwright.sync_api import sync_playwright

URL, KEY, PICTURES = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
COUNTING = pathlib.Path(sys.argv[4])
ALL = "all" in sys.argv[5:]
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = "{runOnly:{type:'tag',values:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}}"
SMALL = """[...document.querySelectorAll('a,button,summary,input')].filter(e => {
    let b = e.getBoundingClientRect()
    return b.width && b.height && b.height < 24 && !e.closest('p,td,th,dd,small') && !e.classList.contains('skip')
}).map(e => e.outerHTML.slice(0, 80))"""
WIDE = "([...document.querySelectorAll('section *')].find(e => e.getBoundingClientRect().right > innerWidth)?.outerHTML ?? '').slice(0, 80)"
HOSTILE = urllib.parse.quote("KH-<b>x</b>\u202e\"'")
PAGES = {
    "overview": "", "list": "?daftar", "failed": "?daftar&status=gagal&dari=2020-01-01",
    "pending": "?daftar&status=pending", "none": "?daftar&dari=2020-01-01&sampai=2020-01-02", "token": "?trx=KH-token",
    "damaged": "?trx=KH-9001", "refunded": "?trx=KH-90595", "hostile": f"?trx={HOSTILE}", "missing": "?trx=nothing",
    "topups": "?saldo", "rejected": "?ditolak",
}
SEARCHES = {"found": "0812", "not-found": "99999999999999", "too-short": "x"}
# Text browsers: each reads a page's bytes.
TEXT = {
    "lynx": ["lynx", "-dump", "-nolist", "-force_html", "-assume_charset=utf-8", "-display_charset=utf-8", "-width=400", "-stdin"],
    "w3m": ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8", "-cols", "400"],
}
MAXIMUM, MAXIMUM_COMPRESSED = 30_000, 9_000
found = []


def weigh(response):
    """A page's bytes, as they are and as a web server compresses them."""
    if response.request.resource_type == "document" and response.status == 200:
        body = response.body()
        for size, most in [(len(body), MAXIMUM), (len(gzip.compress(body, 6)), MAXIMUM_COMPRESSED)]:
            if size > most:
                found.append(f"{response.url}: {size} bytes, more than {most}")


def read_as_text(page, name):
    """Each number and word of a status that is on the page is in what a text browser makes of it."""
    words = set(re.findall(r"[\d.,:]*\d", page.locator("main").inner_text()))
    words |= set(re.findall("Sukses|Gagal|Pending|Dikembalikan", page.locator("main").inner_text()))
    body = page.context.request.get(page.url).body()
    # The page's own clock, which has moved on since.
    words = {word for word in words if not re.fullmatch(r"\d\d[.:]\d\d[.:]\d\d", word) or word.encode() in body}
    for browser, command in TEXT.items():
        text = subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
        for word in sorted(words):
            if word not in text:
                found.append(f"{name}: {browser} does not show {word}")
    if not words:
        found.append(f"{name}: nothing for a text browser to show")


def see_for_others(browser):
    """What a screen reader finds of the list at 390 px, and what is seen where colours are forced."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, forced_colors="active", locale="en")
    page = context.new_page()
    sign_in(page)
    page.goto(URL + "?daftar&dari=2020-01-01")
    for role, least in [("table", 1), ("row", 26), ("columnheader", 6), ("cell", 100)]:
        count = page.get_by_role(role).count()
        if count < least:
            found.append(f"a screen reader finds {count} of {role}, not {least}")
    if page.evaluate("getComputedStyle(document.querySelector('.chips [aria-current]')).outlineStyle") == "none":
        found.append("forced colours: the choice is not outlined")
    context.close()


def sign_in(page, key=KEY):
    page.goto(URL)
    page.fill("input[name=key]", key)
    page.click("main button")
    page.wait_for_load_state()


def count(page, language):
    """Goes to the page that counts; it would come back by itself, and be another one while it is looked at."""
    head, _, body = (COUNTING / f"counting-{language}").read_bytes().partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(fields.pop("Status").split()[0])
    if fields.pop("Refresh", None) != "1":
        found.append("the page that counts does not come back")
    page.route(URL + "?counting", lambda route: route.fulfill(status=status, headers=fields, body=body))
    page.goto(URL + "?counting")


def visit(page, look):
    """Goes to each state of a signed-in browser, and looks at it."""
    for name, query in PAGES.items():
        page.goto(URL + query)
        look(name)
    for name, text in SEARCHES.items():
        page.goto(URL)
        page.fill("input[name=q]", text)
        page.click(".find button")
        page.wait_for_load_state()
        look(name)


def with_axe(browser):
    looked = 0
    sizes = [(w, s) for w in (320, 390, 1280) for s in ("light", "dark")] if ALL else [(390, "light"), (320, "dark")]
    for width, scheme in sizes:
        for language in ("id", "en"):
            context = browser.new_context(
                viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True, locale=language)
            page = context.new_page()

            def look(name):
                nonlocal looked
                looked += 1
                place = f"{name} {language} {width} {scheme}"
                page.evaluate(AXE)
                for violation in page.evaluate(f"axe.run(document,{RULES})")["violations"]:
                    found.append(f"{place}: {violation['id']}: {violation['nodes'][0]['html'][:120]}")
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{place}: scrolls sideways: {page.evaluate(WIDE)}")
                for small in page.evaluate(SMALL):
                    found.append(f"{place}: a small target: {small}")
                if page.evaluate("document.documentElement.lang") != language:
                    found.append(f"{place}: in another language")
                if scheme == "light" and width != 320:
                    page.screenshot(path=PICTURES / f"{name}-{language}-{width}.png", full_page=True)
                    if name in ("overview", "list"):
                        page.screenshot(path=PICTURES / f"screen-{name}-{language}-{width}.png")

            page.goto(URL)
            look("sign-in")
            count(page, language)
            look("counting")
            sign_in(page)
            visit(page, look)
            context.close()
    return looked


def with_policy(browser):
    """Under the page's own policy, and without script."""
    looked = 0
    for script in (True, False):
        context = browser.new_context(java_script_enabled=script, viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.on("response", weigh)
        # The address of a form that was refused is logged as an error by the browser itself.
        page.on("console", lambda message: found.append(f"console: {message.text}")
                if message.type in ("error", "warning") and "status of 40" not in message.text else None)
        page.on("request", lambda request: found.append(f"request: {request.url}")
                if not request.url.startswith((URL, "data:")) else None)

        def look(name):
            nonlocal looked
            looked += 1
            if not page.locator("main").inner_text().strip():
                found.append(f"{name}: nothing to read with script {script}")
            if not script and name in ("overview", "list", "token", "topups"):
                read_as_text(page, name)

        count(page, "id")
        look("counting")
        sign_in(page)
        visit(page, look)
        page.goto(URL + "?trx=KH-token")
        text = page.locator("main").inner_text()
        if "1234-5678-9012-3456-7890" not in text:
            found.append("the token is not shown")
        if script and page.locator(".sn button").count() != 2:
            found.append("there are no buttons that copy")
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") != "skip" and script:
            found.append("the first tab does not reach the link to the content")
        page.click("header form[action='?keluar'] button")
        page.goto(URL)
        if page.locator("input[name=key]").count() != 1:
            found.append("signing out does not")
        context.close()
    return looked


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    looked = with_axe(browser) + with_policy(browser)
    see_for_others(browser)
    browser.close()
for line in found:
    print(line)
print(f"{looked} states, {len(found)} findings")
sys.exit(1 if found else 0)
