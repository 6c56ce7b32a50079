"""Mail subscriptions follow the settings, whatever happens on the way (ALR-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.admin.addresses import AlertAddresses
from shared.domain.errors import UnavailableError, ValidationFailedError
from shared.domain.subscriber import MAX_WORKSPACES_PER_ADDRESS
from shared.store.addresses import DynamoAddresses
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.fakes.topic import FakeTopic

ADA, BEA = "ada@example.com", "bea@example.com"


class Mail:
    """Workspaces and the topic their alerts go to."""

    def __init__(self) -> None:
        self.table = FakeTable(FakeClock())
        self.workspaces = DynamoWorkspaces(self.table)
        self.register = DynamoAddresses(self.table)
        self.topic = FakeTopic()
        self.addresses = AlertAddresses(self.workspaces, self.register, self.topic)
        for name in ("acme", "globex"):
            self.workspaces.create(a_workspace(workspace_id=name))

    def save(self, workspace_id: str, *addresses: str) -> None:
        current = self.workspaces.get(workspace_id)
        self.workspaces.replace(replace(current, alert_emails=addresses), current)

    def put(self, workspace_id: str, *addresses: str) -> None:
        self.save(workspace_id, *addresses)
        self.addresses.follow(workspace_id)

    def confirmed(self, workspace_id: str) -> dict[str, bool]:
        return self.addresses.confirmed(self.workspaces.get(workspace_id))

    def registered(self) -> int:
        return sum(str(item["pk"]).startswith("ADDRESS#") for item in self.table.items())


@pytest.fixture
def mail() -> Mail:
    return Mail()


def failing_at(count: int) -> Callable[[str], object]:
    """The topic stops to answer after so many calls."""
    left = [count]

    def before(verb: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise UnavailableError("no answer")

    return before


def test_an_address_is_subscribed_to_the_alerts_of_its_workspace_alone(mail: Mail) -> None:
    mail.put("acme", ADA)

    assert mail.topic.gets(ADA) == ("acme",)
    assert mail.topic.mails == [ADA]


def test_an_address_is_confirmed_when_its_owner_says_so(mail: Mail) -> None:
    mail.put("acme", ADA, BEA)
    assert mail.confirmed("acme") == {ADA: False, BEA: False}

    mail.topic.confirm(ADA)

    assert mail.confirmed("acme") == {ADA: True, BEA: False}


def test_one_address_of_two_workspaces_gets_the_alerts_of_both(mail: Mail) -> None:
    mail.put("acme", ADA)
    mail.put("globex", ADA)

    assert mail.topic.gets(ADA) == ("acme", "globex")
    assert mail.topic.mails == [ADA], "it is asked once"


def test_an_address_that_one_of_two_workspaces_drops_stays_with_the_other(mail: Mail) -> None:
    mail.put("acme", ADA)
    mail.put("globex", ADA)

    mail.put("acme")

    assert mail.topic.gets(ADA) == ("globex",)
    assert mail.confirmed("acme") == {}


def test_an_address_that_nobody_lists_is_unsubscribed_and_forgotten(mail: Mail) -> None:
    mail.put("acme", ADA)
    mail.topic.confirm(ADA)

    mail.put("acme")

    assert mail.topic.subscribed() == []
    assert mail.registered() == 0


def test_a_pending_address_that_nobody_lists_gets_nothing_even_if_confirmed_later(
    mail: Mail,
) -> None:
    mail.put("acme", ADA)

    mail.put("acme")

    assert mail.topic.subscribed() == [ADA]
    assert mail.topic.gets(ADA) == ()
    mail.put("globex", ADA)
    assert mail.topic.gets(ADA) == ("globex",)


def test_an_address_whose_subscription_ended_is_asked_again_by_the_next_put(mail: Mail) -> None:
    mail.put("acme", ADA)
    mail.topic.confirm(ADA)
    mail.topic.lose(ADA)
    assert mail.confirmed("acme") == {ADA: False}

    mail.put("acme", ADA)

    assert mail.topic.gets(ADA) == ("acme",)
    assert mail.topic.mails == [ADA, ADA]


def test_repeating_a_put_changes_nothing(mail: Mail) -> None:
    mail.put("acme", ADA)
    before = mail.register.get(ADA)
    verbs: Counter[str] = Counter()
    mail.topic.before = lambda verb: verbs.update([verb])

    mail.put("acme", ADA)

    assert mail.register.get(ADA) == before
    assert set(verbs) == {"state"}


def test_while_the_topic_does_not_answer_the_last_that_was_seen_is_shown(mail: Mail) -> None:
    mail.put("acme", ADA, BEA)
    mail.topic.confirm(ADA)
    mail.confirmed("acme")
    mail.topic.before = failing_at(0)

    assert mail.confirmed("acme") == {ADA: True, BEA: False}
    seen = mail.addresses.last_seen([mail.workspaces.get("acme"), mail.workspaces.get("globex")])
    assert seen == {("acme", ADA): True, ("acme", BEA): False}


def test_an_address_on_too_many_lists_is_refused(mail: Mail) -> None:
    ids = tuple(f"w{number}" for number in range(MAX_WORKSPACES_PER_ADDRESS))
    mail.register.put(ADA, replace(mail.register.get(ADA), workspace_ids=ids))

    with pytest.raises(ValidationFailedError):
        mail.addresses.check("acme", [BEA, ADA])
    mail.addresses.check("w1", [BEA, ADA])


@given(calls=st.integers(0, 12), confirmed=st.booleans())
def test_a_put_cut_off_anywhere_is_mended_by_repeating_it(calls: int, *, confirmed: bool) -> None:
    mail = Mail()
    mail.put("acme", ADA)
    mail.put("globex", ADA)
    if confirmed:
        mail.topic.confirm(ADA)
    mail.topic.before = failing_at(calls)
    mail.save("acme", BEA)
    try:
        mail.addresses.follow("acme")
    except UnavailableError:
        mail.topic.before = lambda verb: None
        mail.addresses.follow("acme")

    assert (mail.topic.gets(ADA), mail.topic.gets(BEA)) == (("globex",), ("acme",))
    assert mail.workspaces.leaving("acme") == ()


@given(st.integers(0, 12))
def test_two_workspaces_that_change_one_address_at_once_both_have_their_way(calls: int) -> None:
    mail = Mail()
    mail.put("globex", ADA)
    left = [calls]

    def meanwhile(verb: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            mail.put("globex", BEA)

    mail.topic.before = meanwhile
    mail.put("acme", ADA)
    if left[0] >= 0:
        mail.put("globex", BEA)

    assert mail.topic.gets(ADA) == ("acme",)
    assert mail.topic.gets(BEA) == ("globex",)


@given(st.integers(0, 12), st.booleans())
def test_an_address_put_back_while_it_is_being_taken_off_stays(
    calls: int,
    confirmed: bool,
) -> None:
    mail = Mail()
    mail.put("acme", ADA)
    if confirmed:
        mail.topic.confirm(ADA)
    left = [calls]

    def meanwhile(verb: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            mail.put("acme", ADA)

    mail.topic.before = meanwhile
    mail.put("acme")
    if left[0] >= 0:
        mail.put("acme", ADA)

    assert mail.topic.gets(ADA) == ("acme",)


def test_the_register_does_not_hold_the_addresses(mail: Mail) -> None:
    mail.put("acme", ADA)

    kept = [item for item in mail.table.items() if str(item["pk"]).startswith("ADDRESS#")]

    assert len(kept) == 1
    assert "ada" not in str(kept)
