"""What a listing that failed, came back empty or was another one leaves open, the next that can tell does."""

from __future__ import annotations

import pytest

from cochat_devkit.kinds.dialects import COCHAT
from tests.chaos.proxy import Fault
from tests.chaos.sorts import operation_of, sort_named
from tests.chaos.stage import add_user, open_world
from tests.desk import Desk


@pytest.mark.parametrize("kind", ["agent", "automation"])
def test_a_list_that_comes_back_empty_takes_no_file_away(tmp_path, kind):
    """CoChat lists its agents and automations and answers for none of them alone: all gone at once is not believed."""
    with open_world(tmp_path, "cochat") as world:
        sort, desk = sort_named(kind, "cochat"), world.desk
        slugs = [world.slug(), world.slug()]
        for slug in slugs:
            world.browser.create(sort, slug, world.mark())
        desk.cochat("pull")
        files = desk.files()
        world.proxy.play(lambda each: Fault.EMPTY if operation_of(each.method, each.path) == "list" else None)
        told = desk.json("pull", "--kind", kind)
        assert {each["action"] for each in told.json["items"]} == {"skip"}
        world.proxy.play()
        assert desk.files() == files
        assert desk.json("pull").actions == {}
        # one of two that is not listed any more is gone
        world.browser.delete(sort, slugs[0])
        assert desk.json("pull").actions == {f"{kind}/{slugs[0]}": "delete-here"}


@pytest.mark.parametrize("kind", ["agent", "automation"])
@pytest.mark.parametrize("look", [("pull",), ("status", "--fetch")])
def test_what_an_empty_list_left_open_is_told_by_the_next_that_is_not(tmp_path, kind, look):
    """The last one was deleted there, and an empty list did not prove it: one that shows another does."""
    with open_world(tmp_path, "cochat") as world:
        sort, desk, slugs = sort_named(kind, "cochat"), world.desk, [world.slug(), world.slug()]
        world.browser.create(sort, slugs[0], world.mark())
        desk.cochat("pull")
        world.browser.delete(sort, slugs[0])
        desk.json(*look)
        assert desk.json("status").json["invisible"] == [f"{kind}/{slugs[0]}"]
        desk.json(*look)
        world.browser.create(sort, slugs[1], world.mark())
        assert desk.json("pull").actions == {f"{kind}/{slugs[0]}": "delete-here", f"{kind}/{slugs[1]}": "create-here"}
        assert desk.json("status").json["invisible"] == []


@pytest.mark.parametrize("look", [("pull",), ("status", "--fetch")])
@pytest.mark.parametrize("kind", ["function", "tool"])
def test_an_admin_is_told_of_a_deletion_by_whichever_listing(tmp_path, kind, look):
    """The export failed once, and what everybody may list stood in for it: to an admin both show everything."""
    with open_world(tmp_path, "owui-0.12") as world:
        sort, desk, slugs = sort_named(kind, "owui-0.12"), world.desk, [world.slug(), world.slug()]
        for slug in slugs:
            world.browser.create(sort, slug, world.mark())
        desk.cochat("pull")
        world.browser.delete(sort, slugs[0])
        world.proxy.play(lambda each: Fault.LOGIN_PAGE if "export" in each.path else None)
        desk.json(*look)
        world.proxy.play()
        if look == ("status", "--fetch"):
            assert [*desk.json("pull").actions.values()] == ["delete-here"]
        assert desk.json("status").json["invisible"] == []
        assert len(sort.slugs(desk.folder)) == 1


def test_a_listing_that_is_not_whole_makes_no_second_one_of_a_name(tmp_path):
    """Where the server makes the ids, a listing tells whether a name is taken: half of it does not."""
    with open_world(tmp_path, "owui-0.12") as world:
        sort, desk, slug = sort_named("automation", "owui-0.12"), world.desk, world.slug()
        desk.cochat("pull")
        world.browser.create(sort, slug, world.mark())
        sort.save(desk.folder, slug, world.mark())
        world.proxy.play(lambda each: Fault.SHRUNK if operation_of(each.method, each.path) == "list" else None)
        told = desk.json("push", "--no-verify", expected=4)
        world.proxy.play()
        assert "moved while it was read" in told.out
        assert [*world.browser.wires()] == [("automation", slug)]
        assert desk.json("push", "--no-verify", expected=3).actions == {f"automation/{slug}": "conflict"}


def test_a_list_that_moved_while_it_was_read_is_told(tmp_path):
    """What half of a list did not show stays as it is, and I am told that there was more to see."""
    with open_world(tmp_path, "owui-0.12") as world:
        sort, desk = sort_named("automation", "owui-0.12"), world.desk
        for _ in range(4):
            world.browser.create(sort, world.slug(), world.mark())
        desk.cochat("pull")
        # the second time round both listings are comparable
        desk.cochat("pull")
        here = desk.files()
        world.proxy.play(lambda each: Fault.SHRUNK if operation_of(each.method, each.path) == "list" else None)
        told = desk.json("pull")
        assert "the list of automations moved while it was read: 2 that it did not show stay as they are" in told.err
        assert [*told.actions.values()] == ["skip", "skip"]
        assert desk.files() == here


@pytest.mark.parametrize(
    ("flavor", "fault", "was", "now"),
    [
        ("cochat", Fault.MISSING_404, "CoChat", "Open WebUI 0.6"),
        ("owui-0.6", Fault.EMPTY, "Open WebUI 0.6", "CoChat"),
    ],
)
def test_another_product_in_its_place_is_not_believed(tmp_path, flavor, fault, was, now):
    """A gateway that loses the addresses of CoChat's own loses no agent of mine, and gets no agent as a model."""
    with open_world(tmp_path, flavor) as world:
        sort, desk, slug = sort_named("agent", flavor), world.desk, world.slug()
        desk.cochat("pull")
        sort.save(desk.folder, slug, world.mark())
        desk.cochat("push", "--no-verify")
        desk.cochat("pull")
        sort.save(desk.folder, world.slug(), world.mark())
        here, there = desk.files(), world.browser.wires()
        world.proxy.play(lambda each: fault if each.path == COCHAT.landmark else None)
        for words in (("pull",), ("push", "--no-verify"), ("status", "--fetch")):
            told = desk.cochat(*words, expected=4)
            assert f"was {was} when it was last asked, and answers like {now} now" in told.err
        world.proxy.play()
        assert (desk.files(), world.browser.wires()) == (here, there)
        assert [*desk.json("push", "--no-verify").actions.values()] == ["create-there"]


def test_another_product_is_not_believed_after_somebody_else_looked(tmp_path):
    """Two people take turns in one workspace, with a name for the server each: what each had seen stands."""
    with open_world(tmp_path, "cochat") as world:
        sort, desk = sort_named("agent", "cochat"), world.desk
        world.browser.create(sort, world.slug(), world.mark())
        desk.cochat("pull")
        with desk.path("cochat.toml").open("a") as settings:
            settings.write(f'\n[targets.hers]\nurl = "{world.proxy.url}"\n')
        Desk(desk.folder, add_user(world.browser)).cochat("pull")
        here = desk.files()
        world.proxy.play(lambda each: Fault.MISSING_404 if each.path == COCHAT.landmark else None)
        for target in ("main", "hers"):
            told = desk.cochat("pull", "--target", target, expected=4)
            assert "was CoChat when it was last asked" in told.err
        assert desk.files() == here


def test_a_history_that_a_page_stands_for_proves_nothing(tmp_path):
    """Whether my save covered somebody's is not known where a gateway answers for the history: I am told so."""
    with open_world(tmp_path, "owui-0.12") as world:
        sort, desk, slug = sort_named("tool", "owui-0.12"), world.desk, world.slug()
        world.browser.create(sort, slug, world.mark())
        desk.cochat("pull")
        sort.save(desk.folder, slug, world.mark())
        world.proxy.play(lambda each: Fault.LOGIN_PAGE if "/history/" in each.path else None)
        told = desk.json("push", "--no-verify", expected=4)
        assert "nobody knows whether it covered somebody's version" in told.json["items"][0]["error"]
        world.proxy.play()
        assert desk.json("status", "--fetch", "--exit-code").exit_code == 0
