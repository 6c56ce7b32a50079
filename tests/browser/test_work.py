"""What users and admins do with their own figures, in a real browser before the deployed stack."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.visit import Visit
from tests.e2e.platform import Caller, eventually


def rows(page: Page, table: str) -> Locator:
    """The rows of a table."""
    return page.get_by_role("table", name=table, exact=True).locator("tbody tr")


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def download(visit: Visit, tmp_path: Path) -> list[dict[str, str]]:
    """The rows of the CSV file that the screen's export gives."""
    page = visit.page
    page.get_by_role("button", name="Export", exact=True).first.click()
    page.get_by_role("menuitem", name="CSV").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download", exact=True).click()
    file = tmp_path / "export.csv"
    waiting.value.save_as(file)
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_user_filters_their_calls_and_opens_one(open_page: Open) -> None:
    visit = open_page()
    visit.enter("alice", "/usage")
    page = visit.page

    choose(page, "Outcome", "Error")
    expect(page).to_have_url(re.compile("status=error"))
    visit.settle()
    found = rows(page, "Every call")
    expect(found.get_by_text("Success", exact=True)).to_have_count(0)
    expect(found.first).to_be_visible()
    found.first.click()

    dialog = page.get_by_role("dialog", name="Details of a call")
    expect(dialog.get_by_text("Receipt", exact=True)).to_be_visible()
    expect(dialog.get_by_text("credits", exact=False).first).to_be_visible()
    assert visit.axe() == []


def test_a_users_transactions_are_opened_and_exported_as_they_stand(
    open_page: Open, backend: Caller, tmp_path: Path
) -> None:
    visit = open_page()
    visit.enter("admin", "/users/bob?range=90d")
    page = visit.page
    expect(page.get_by_role("heading", name="bob", level=1)).to_be_visible()
    shown = rows(page, "Transactions")
    expect(shown.first).to_be_visible()
    balance = shown.first.locator("td").last.inner_text()

    file = download(visit, tmp_path)

    account = backend.get("/api/admin/accounts/bob").body["account"]
    assert {row["userId"] for row in file} == {"bob"}
    assert [int(row["seq"]) for row in file] == list(range(1, account["seq"] + 1))
    assert int(file[-1]["balanceAfter"]) == account["balance"] == int(balance.replace(",", ""))


def test_transactions_are_filtered_searched_and_paged(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/ledger?range=90d")
    page = visit.page
    shown = rows(page, "All transactions")
    expect(shown).to_have_count(25)
    page.get_by_role("button", name="Show more", exact=True).click()
    expect(shown).to_have_count(125)

    choose(page, "Reason", "Purchase")
    visit.settle()
    expect(shown.get_by_text("Usage", exact=True)).to_have_count(0)
    expect(shown.first.get_by_text("Purchase", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="User or account").fill("alice")
    page.keyboard.press("Enter")
    visit.settle()
    expect(shown.first.get_by_text("alice", exact=True)).to_be_visible()
    assert set(shown.locator("td:nth-child(2)").all_inner_texts()) == {"alice"}

    shown.first.click()
    expect(page.get_by_role("dialog", name="Details of a transaction")).to_be_visible()


def test_a_limit_is_made_crossed_seen_and_acknowledged(open_page: Open, backend: Caller) -> None:
    visit = open_page()
    visit.enter("admin", "/limits")
    page = visit.page
    user = f"browser-{time.time_ns()}"
    page.get_by_role("button", name="New limit", exact=True).click()
    dialog = page.get_by_role("dialog", name="New limit")
    choose(page, "Measure", "Requests")
    choose(page, "Applies to", "Users")
    dialog.get_by_label("User", exact=True).fill(user)
    dialog.get_by_label("Limit a day", exact=True).fill("1")
    dialog.get_by_role("button", name="Try against the last 31 days").click()
    expect(dialog.get_by_text("It would have been quiet")).to_be_visible()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(rows(page, "Limits").filter(has_text=user)).to_have_count(1)

    log = {"userId": user, "service": "assistant", "credits": 0, "id": f"log-of-{user}"}
    assert backend.post("/api/usage-logs", log).status == 201
    page.get_by_role("tab", name="Alerts", exact=True).click()
    alert = rows(page, "Alerts").filter(has_text=user).filter(has_text="100%")
    eventually(alert.count, lambda seen: seen == 1, "the alert on the screen")
    alert.get_by_role("button", name="Acknowledge", exact=True).click()

    expect(alert.get_by_text("Acknowledged", exact=True)).to_be_visible()


def test_an_account_is_verified(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/users/alice")
    page = visit.page

    page.get_by_role("button", name="Verify", exact=True).click()

    dialog = page.get_by_role("dialog", name="Proof of the account")
    expect(dialog.get_by_text("Verified: every entry follows from the one before")).to_be_visible()


def test_a_row_of_explore_leads_a_step_deeper(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/explore?groupBy=service&range=30d")
    page = visit.page
    first = rows(page, "Every figure").first
    service = first.locator("td").first.inner_text()

    first.click()

    expect(page).to_have_url(re.compile(f"(?=.*service={service})(?=.*groupBy=model)"))
    visit.settle()
    keys = rows(page, "Every figure").locator("td:first-child")
    expect(keys.filter(has_not_text=f"{service} · ")).to_have_count(0)
    expect(keys.first).to_be_visible()

    page.go_back()
    expect(rows(page, "Every figure").first.locator("td").first).to_have_text(service)


def test_a_purchase_is_confirmed_and_usage_given_back_by_keyboard(
    open_page: Open, backend: Caller
) -> None:
    visit = open_page()
    user = f"refunded-{time.time_ns()}"
    visit.enter("admin", f"/ledger?userId={user}")
    page = visit.page
    page.get_by_role("button", name="Post a transaction", exact=True).click()
    post = page.get_by_role("dialog", name="Post a transaction")
    expect(post.get_by_label("User")).to_have_value(user)
    post.get_by_label("Credits").fill("1.5")
    post.get_by_role("button", name="Review", exact=True).click()
    expect(post.get_by_text("Must be a whole number", exact=True)).to_be_visible()
    post.get_by_label("Credits").fill("100")
    post.get_by_role("button", name="Review", exact=True).click()
    check = page.get_by_role("dialog", name="Is this right?")
    expect(check.get_by_text("+100", exact=True)).to_be_visible()
    check.get_by_role("button", name="Post it", exact=True).click()
    expect(rows(page, "All transactions")).to_have_count(1)
    used = {"userId": user, "service": "assistant", "credits": 7, "id": f"log-of-{user}"}
    assert backend.post("/api/usage-logs", used).status == 201

    usage = rows(page, "All transactions").filter(has_text="Usage")
    expect(usage).to_have_count(1, timeout=20_000)
    usage.press("Enter")
    details = page.get_by_role("dialog", name="Details of a transaction")
    give_back = details.get_by_role("button", name="Refund…", exact=True)
    expect(give_back).to_be_enabled()
    give_back.press("Enter")
    expect(post.get_by_text("7 of 7 credits are left to refund", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(post).to_have_count(0)
    expect(give_back).to_be_focused()
    give_back.press("Enter")
    post.get_by_label("Credits").fill("3")
    post.get_by_label("Credits").press("Enter")
    check.get_by_role("button", name="Post it", exact=True).press("Enter")
    expect(check).to_have_count(0)
    expect(give_back).to_be_enabled()
    give_back.press("Enter")
    expect(post.get_by_text("4 of 7 credits are left to refund", exact=True)).to_be_visible()
    assert not visit.axe()
