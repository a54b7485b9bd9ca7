"""What a listing that failed, came back empty or was another one leaves open, the next that can tell does."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from cochat_devkit.kinds.dialects import COCHAT
from tests.chaos.proxy import Fault
from tests.chaos.sorts import operation_of, sort_named
from tests.chaos.stage import Browser, add_user, make_desk_at, open_world
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
        world.proxy.play(lose_landmark)
        for target in ("main", "hers"):
            told = desk.cochat("pull", "--target", target, expected=4)
            assert "was CoChat when it was last asked" in told.err
        assert desk.files() == here


def test_a_clone_that_once_lost_sight_of_cochat_finds_back(tmp_path):
    """A gateway answered for CoChat in the first pull of a clone: what shows agents of CoChat's own is CoChat."""
    with open_world(tmp_path, "cochat") as world:
        sort, slug = sort_named("agent", "cochat"), world.slug()
        world.browser.create(sort, slug, world.mark())
        world.desk.cochat("pull")
        clone = make_desk_at(tmp_path / "clone", world.proxy.url, world.token, "cochat")
        shutil.copytree(world.desk.path(sort.folder), clone.path(sort.folder), dirs_exist_ok=True)
        shutil.copy(world.desk.path("cochat.lock"), clone.path("cochat.lock"))
        here = clone.files()
        world.proxy.play(lose_landmark)
        clone.cochat("pull")
        world.proxy.play()
        assert clone.json("pull").actions == {}
        assert clone.files() == here
        world.browser.delete(sort, slug)
        world.browser.create(sort, world.slug(), world.mark())
        world.proxy.play(lose_landmark)
        assert "was CoChat when it was last asked" in clone.cochat("pull", expected=4).err
        world.proxy.play()
        assert clone.json("pull").actions[f"agent/{slug}"] == "delete-here"


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


@pytest.mark.parametrize(
    ("kind", "flavor", "role"), [("agent", "cochat", "user"), ("automation", "owui-0.12", "admin")]
)
@pytest.mark.parametrize("first", ["pull", "status --fetch", "pull {mine}"])
def test_what_a_colleague_was_shown_is_not_taken_for_shown_to_me(tmp_path, kind, flavor, role, first):
    """Two people share a repository, and the server shows each what is theirs alone: files and lines of both stay."""
    with open_world(tmp_path, flavor) as world:
        sort, slug, token = sort_named(kind, flavor), world.slug(), add_user(world.browser, role)
        hers, mine = f"{kind}/{slug}", f"{kind}/{world.slug()}"
        world.browser.create(sort, slug, world.mark())
        world.desk.cochat("pull")
        with closing(Browser(world.server_url, token, flavor)) as colleague:
            colleague.create(sort, mine.partition("/")[2], world.mark())
        clone = make_desk_at(tmp_path / "clone", world.proxy.url, token, flavor)
        shutil.copytree(world.desk.path(sort.folder), clone.path(sort.folder), dirs_exist_ok=True)
        shutil.copy(world.desk.path("cochat.lock"), clone.path("cochat.lock"))
        clone.cochat(*first.format(mine=mine).split())
        for _ in range(2):
            assert clone.json("pull").actions.get(hers) == "skip"
        assert slug in sort.slugs(clone.folder)
        assert f"main {hers} " in clone.path("cochat.lock").read_text()
        assert hers in clone.json("status").json["invisible"]


def test_what_a_pull_of_one_was_not_shown_is_not_gone_for_the_next(tmp_path):
    """An administrator who is one no more pulls one agent, and then all: those of others stay."""
    with open_world(tmp_path, "cochat") as world:
        sort, slugs = sort_named("agent", "cochat"), [world.slug(), world.slug()]
        person = make_administrator(world)
        world.browser.create(sort, slugs[0], world.mark())
        with closing(Browser(world.server_url, person["token"], "cochat")) as colleague:
            colleague.create(sort, slugs[1], world.mark())
        desk = make_desk_at(tmp_path / "hers", world.proxy.url, person["token"], "cochat")
        desk.cochat("pull")
        demote(world, person)
        desk.cochat("pull", f"agent/{slugs[1]}")
        assert desk.json("pull").actions == {f"agent/{slugs[0]}": "skip"}
        assert set(slugs) <= set(sort.slugs(desk.folder))


def test_who_is_no_administrator_any_more_while_a_pull_asks_loses_nothing(tmp_path):
    """Before anything is taken for deleted the server is asked once more whom it takes me for."""
    with open_world(tmp_path, "owui-0.12") as world:
        sort, slug = sort_named("prompt", "owui-0.12"), world.slug()
        person = make_administrator(world)
        world.browser.create(sort, slug, world.mark())
        desk = make_desk_at(tmp_path / "hers", world.proxy.url, person["token"], "owui-0.12")
        desk.cochat("pull")
        here = desk.files()
        demotions = [lambda: demote(world, person)]

        def script(request):
            if operation_of(request.method, request.path) == "list" and demotions:
                demotions.pop()()

        world.proxy.play(script)
        told = desk.cochat("pull", expected=4)
        assert "(user) a moment later" in told.err
        world.proxy.play()
        assert desk.json("pull").actions == {f"prompt/{slug}": "skip"}
        assert desk.files() == here


def test_an_agent_reads_the_same_whatever_else_is_pulled(tmp_path):
    """A first pull of agents alone: what they refer to is named in them, and no id of the server's."""
    with open_world(tmp_path, "owui-0.12") as world:
        base = world.browser.client.post("/api/v1/knowledge/create", json={"name": "docs", "description": "d"}).json()
        meta = {"knowledge": [{"id": base["id"], "type": "collection", "name": "docs"}]}
        form = {"id": "bot", "name": "bot", "base_model_id": "m", "meta": meta, "params": {}}
        world.browser.client.post("/api/v1/models/create", json=form).raise_for_status()
        world.desk.cochat("pull", "--kind", "agent")
        alone = world.desk.path("agents/bot.md").read_text()
        assert "- knowledge/docs" in alone
        assert "agent/bot" not in world.desk.json("pull").actions
        assert world.desk.path("agents/bot.md").read_text() == alone


def test_an_upgrade_of_the_server_keeps_its_prompts(tmp_path):
    """From 0.6 to 0.12 each prompt gets another id: the file, an edit of it, and the base go on."""
    with open_world(tmp_path / "old", "owui-0.6") as old, open_world(tmp_path / "new", "owui-0.12") as new:
        (old_sort, new_sort), slug, mark = (sort_named("prompt", world.flavor) for world in (old, new)), "hello", "once"
        old.browser.create(old_sort, slug, mark)
        new.browser.create(new_sort, slug, mark)
        old.desk.cochat("pull")
        move_to(old.desk, old, new)
        desk = Desk(old.desk.folder, new.token)
        desk.json("pull")
        assert desk.json("pull").actions == {}
        new_sort.save(desk.folder, slug, "edited")
        assert desk.json("push", "--no-verify").actions == {f"prompt/{slug}": "update-there"}
        assert [*new.browser.wires()] == [("prompt", slug)]


def lose_landmark(request):
    """Answer for CoChat's own address as a gateway that does not know it."""
    return Fault.MISSING_404 if request.path == COCHAT.landmark else None


def move_to(desk, old, new):
    """Let a workspace take another server for the one that it knew, and me for whom I was there: it was upgraded."""
    person = new.browser.client.get("/api/v1/auths/").json()
    with closing(sqlite3.connect(desk.path("mirror.db"))) as mirror:
        mirror.execute("UPDATE scope SET url = ?, user_id = ?", (new.proxy.url, person["id"]))
        mirror.commit()
    for name in ("cochat.toml", "cochat.lock"):
        place = desk.path(name)
        place.write_text(place.read_text().replace(old.proxy.url, new.proxy.url))


def make_administrator(world):
    """Make another administrator: what the server answered, with their token."""
    name = world.slug()
    form = {"name": name, "email": f"{name}@example.com", "password": name, "role": "admin"}
    return world.browser.client.post("/api/v1/auths/add", json=form).json()


def demote(world, person):
    """Make an administrator an ordinary user."""
    form = {"name": person["name"], "email": person["email"], "role": "user", "profile_image_url": ""}
    world.browser.client.post(f"/api/v1/users/{person['id']}/update", json=form).raise_for_status()
