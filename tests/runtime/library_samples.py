"""What plugins do with the server's own modules; each is a text with a coroutine `sample`.

A sample begins with an empty database and makes what it needs itself, by the server's own methods.
"""

from __future__ import annotations

import json
import random
import textwrap

#: what many samples begin with
_PEOPLE = """
from open_webui.models.users import Users

async def people():
    await got(Users.insert_new_user("u1", "Ann", "Ann@x.test", role="admin"))
    await got(Users.insert_new_user("u2", "Bob", "bob@x.test", role="user"))
    await got(Users.insert_new_user("u3", "Cleo_C", "cleo@y.test", role="pending"))
"""


def _sample(head: str, body: str) -> str:
    return f"{head}\nasync def sample():\n{textwrap.indent(textwrap.dedent(body), '    ')}"


def _with_people(body: str) -> str:
    return _sample(_PEOPLE, f"await people()\n{textwrap.dedent(body)}")


_USERS = {
    "the person who is there": "return await got(Users.get_user_by_id('u1'))",
    "nobody of that id": "return await got(Users.get_user_by_id('u9'))",
    "by email, capitals and all": """
        return [await got(Users.get_user_by_email(each)) for each in ("Ann@x.test", "ann@X.test", "no")]
        """,
    "all of them": "return await got(Users.get_users())",
    "those of a role": "return await got(Users.get_users(filter={'roles': ['admin', 'user', '!user']}))",
    "those whose name says so": """
        return [await got(Users.get_users(filter={"query": each})) for each in ("an", "B", "o_c", "y.test", "%")]
        """,
    "a page of them": "return await got(Users.get_users(skip=1, limit=1))",
    "those of a list of ids": "return await got(Users.get_users_by_user_ids(['u3', 'u1', 'no']))",
    "which ids are somebody's": "return await got(Users.get_valid_user_ids(['u3', 'no', 'u2']))",
    "how many": "return [await got(Users.get_num_users()), await got(Users.has_users())]",
    "the first": "return [await got(Users.get_first_user()), await got(Users.get_super_admin_user())]",
    "a role changes": """
        return [await got(Users.update_user_role_by_id(each, "user")) for each in ("u1", "no")]
        """,
    "columns change": """
        changed = await got(Users.update_user_by_id("u2", {"name": "Rob", "info": {"a": 1}}))
        return [changed, await got(Users.get_user_by_id("u2"))]
        """,
    "settings are joined": """
        await got(Users.update_user_settings_by_id("u2", {"ui": {"a": 1, "b": 2}, "x": 1}))
        await got(Users.update_user_settings_by_id("u2", {"ui": {"a": None, "c": 3}}))
        return (await got(Users.get_user_by_id("u2"))).settings
        """,
    "somebody leaves": """
        gone = await got(Users.delete_user_by_id("u2"))
        return [gone, await got(Users.get_user_by_id("u2")), await got(Users.get_num_users())]
        """,
    "a key of the API": """
        await got(Users.update_user_api_key_by_id("u2", "sk-1"))
        found = [await got(Users.get_user_api_key_by_id("u2")), await got(Users.get_user_by_api_key("sk-1"))]
        return [*found, await got(Users.delete_user_api_key_by_id("u2")), await got(Users.get_user_by_api_key("sk-1"))]
        """,
    "a person of a plugin's own making": """
        from open_webui.models.users import UserModel
        told = (await got(Users.get_user_by_id("u1"))).model_dump()
        return UserModel(**{**told, "valves": {"a": 1}, "role": "user"})
        """,
    "a person who lacks something": """
        from open_webui.models.users import UserModel
        try:
            return UserModel(id="a", name="b", email="c", role="d")
        except ValueError as error:
            return [each["loc"] for each in error.errors()]
        """,
}

_CHATS = (
    _PEOPLE
    + """
from open_webui.models.chats import Chats, ChatForm

MESSAGES = {
    "m1": {"id": "m1", "parentId": None, "childrenIds": ["m2"], "role": "user", "content": "Where is Oslo?",
           "timestamp": 1700000001, "models": ["gpt"]},
    "m2": {"id": "m2", "parentId": "m1", "childrenIds": [], "role": "assistant", "content": "In Norway",
           "timestamp": 1700000002, "model": "gpt", "done": True, "info": {"usage": {"total_tokens": 3}}},
}

async def chats(title="Cities", **more):
    await people()
    history = {"messages": MESSAGES, "currentId": "m2"}
    form = ChatForm(chat={"title": title, "history": history, "messages": list(MESSAGES.values()), **more})
    return (await put("u2", form)).id

async def put(user_id, form):
    is_new = "id" in __import__("inspect").signature(Chats.insert_new_chat).parameters
    more = {"id": __import__("uuid").uuid4().hex} if is_new else {}
    return await got(Chats.insert_new_chat(user_id=user_id, form_data=form, **more))
"""
)


def _with_chat(body: str) -> str:
    return _sample(_CHATS, f"id = await chats()\n{textwrap.dedent(body)}")


_OF_CHATS = {
    "the chat that is there": "return await got(Chats.get_chat_by_id(id))",
    "somebody's chat": """
        return [await got(Chats.get_chat_by_id_and_user_id(id, each)) for each in ("u2", "u1")]
        """,
    "no chat of that id": """
        return [await got(Chats.get_chat_by_id("no")), await got(Chats.get_messages_map_by_chat_id("no")),
                await got(Chats.get_message_by_id_and_message_id("no", "m1"))]
        """,
    "its messages": "return await got(Chats.get_messages_map_by_chat_id(id))",
    "one message": """
        return [await got(Chats.get_message_by_id_and_message_id(id, each)) for each in ("m1", "m2", "m9")]
        """,
    "its title": """
        before = await got(Chats.get_chat_title_by_id(id))
        changed = await got(Chats.update_chat_title_by_id(id, "Towns"))
        return [before, changed, await got(Chats.get_chat_title_by_id(id))]
        """,
    "words are added to a message": """
        await got(Chats.upsert_message_to_chat_by_id_and_message_id(id, "m2", {"content": "In Norway."}))
        return (await got(Chats.get_chat_by_id(id))).chat
        """,
    "a message is added": """
        message = {"id": "m3", "parentId": "m2", "role": "user", "content": "Thanks", "timestamp": 1700000003}
        await got(Chats.upsert_message_to_chat_by_id_and_message_id(id, "m3", message))
        return (await got(Chats.get_chat_by_id(id))).chat
        """,
    "files are added to a message": """
        files = await got(Chats.add_message_files_by_id_and_message_id(id, "m2", [{"type": "image", "url": "/x"}]))
        again = await got(Chats.add_message_files_by_id_and_message_id(id, "m2", [{"type": "file", "id": "f"}]))
        nowhere = await got(Chats.add_message_files_by_id_and_message_id(id, "m9", [{"type": "file"}]))
        return [files, again, nowhere, (await got(Chats.get_chat_by_id(id))).chat["history"]]
        """,
    "a status is added to a message": """
        status = {"description": "Reading", "done": True}
        await got(Chats.add_message_status_to_chat_by_id_and_message_id(id, "m2", status))
        return await got(Chats.get_message_by_id_and_message_id(id, "m2"))
        """,
    "the whole of it is written": """
        history = {"messages": {"m2": {**MESSAGES["m2"], "content": "Up north"}}, "currentId": "m2"}
        return await got(Chats.update_chat_by_id(id, {"title": "North", "history": history, "params": {"a": 1}}))
        """,
    "nothing is written where nothing is": """
        return [await got(Chats.update_chat_by_id("no", {"title": "x"})),
                await got(Chats.update_chat_title_by_id("no", "x")),
                await got(Chats.add_message_files_by_id_and_message_id("no", "m2", []))]
        """,
    "pinned and put away": """
        pinned = await got(Chats.toggle_chat_pinned_by_id(id))
        found = await got(Chats.get_pinned_chats_by_user_id("u2"))
        put_away = await got(Chats.toggle_chat_archive_by_id(id))
        return [pinned, found, put_away, await got(Chats.get_archived_chats_by_user_id("u2"))]
        """,
    "lists of chats": """
        return [await got(Chats.get_chats()), await got(Chats.get_chats_by_user_id("u2")),
                await got(Chats.get_chat_list_by_user_id("u2")), await got(Chats.get_chat_list_by_user_id("u1")),
                await got(Chats.get_chat_title_id_list_by_user_id("u2"))]
        """,
    "lists in an order": """
        await put("u2", ChatForm(chat={"title": "Boats"}))
        by_title = {"order_by": "title", "direction": "asc"}
        return [[each.title for each in await got(Chats.get_chat_list_by_user_id("u2", filter=by_title))],
                [each.title for each in await got(Chats.get_chat_list_by_user_id("u2", filter={"query": "OAT"}))]]
        """,
    "a search": """
        await put("u2", ChatForm(chat={"title": "Boats in Oslo", "messages": [{"content": "a fast ship"}]}))
        asked = ("oslo", "norway", "fast ship", "ship fast", "nothing", "boats pinned:true", "oslo tag:none", "BOATS")
        found = [await got(Chats.get_chats_by_user_id_and_search_text("u2", each)) for each in asked]
        return [sorted(each.title for each in some) for some in found]
        """,
    "a search for nothing": "return await got(Chats.get_chats_by_user_id_and_search_text('u2', ' '))",
    "tags": """
        from open_webui.models.tags import Tags
        await got(Chats.add_chat_tag_by_id_and_user_id_and_tag_name(id, "u2", "Big City"))
        found = await got(Chats.get_chat_tags_by_id_and_user_id(id, "u2"))
        search = await got(Chats.get_chats_by_user_id_and_search_text("u2", "tag:big_city"))
        gone = await got(Chats.delete_tag_by_id_and_user_id_and_tag_name(id, "u2", "Big City"))
        left = (await got(Chats.get_chat_by_id(id))).meta
        return [found, len(search), gone, left, await got(Tags.get_tags_by_user_id("u2")),
                await got(Tags.get_tag_by_name_and_user_id("big CITY", "u2"))]
        """,
    "moved to a folder": """
        moved = await got(Chats.update_chat_folder_id_by_id_and_user_id(id, "u2", "f1"))
        return [moved, await got(Chats.get_chat_title_id_list_by_user_id("u2"))]
        """,
    "thrown away": """
        return [await got(Chats.delete_chat_by_id_and_user_id(id, "u1")), await got(Chats.get_chat_by_id(id)) is None,
                await got(Chats.delete_chat_by_id(id)), await got(Chats.get_chat_by_id(id)),
                await got(Chats.delete_chats_by_user_id("u2"))]
        """,
    "what a database does not keep": r"""
        made = await put("u2", ChatForm(chat={"title": "a\x00b", "history": {"messages": {}}, "x": ["\x00"]}))
        return [made.title, made.chat]
        """,
    "a branch that is broken off": """
        messages = {each: {**MESSAGES[each], "childrenIds": []} for each in MESSAGES}
        history = {"messages": messages, "currentId": "m1"}
        made = await put("u2", ChatForm(chat={"title": "t", "history": history}))
        return (await got(Chats.get_chat_by_id(made.id))).chat
        """,
}

_FILES = (
    _CHATS
    + """
import io, types
from pathlib import Path
from open_webui.models.files import Files, FileForm, FileMeta, FileUpdateForm
from open_webui.storage.provider import Storage
from open_webui.config import UPLOAD_DIR
from starlette.datastructures import Headers, UploadFile

class App:
    def url_path_for(self, name, **path):
        return f"/{name}/{path}"

REQUEST = types.SimpleNamespace(app=App())

async def file(id="f1", user_id="u1", **more):
    form = FileForm(**{"id": id, "filename": f"{id}.txt", "path": f"/x/{id}", "meta": {"name": id}, **more})
    return await got(Files.insert_new_file(user_id, form))

def upload(content=b"abc", name="a/b/notes.TXT"):
    return UploadFile(io.BytesIO(content), filename=name, headers=Headers({"content-type": "text/plain"}))

def near(value):
    return str(value).replace(str(UPLOAD_DIR), "UPLOADS")
"""
)


def _with_files(body: str) -> str:
    return _sample(_FILES, f"id = await chats()\n{textwrap.dedent(body)}")


_OF_FILES = {
    "a file that is there": "return [await file(), await got(Files.get_file_by_id('f1'))]",
    "no file of that id": """
        return [await got(Files.get_file_by_id("no")), await got(Files.get_file_metadata_by_id("no")),
                await got(Files.update_file_data_by_id("no", {})), await got(Files.delete_file_by_id("no"))]
        """,
    "twice the same id": "return [await file(), await file(filename='other')]",
    "somebody's file": """
        await file()
        return [await got(Files.get_file_by_id_and_user_id("f1", each)) for each in ("u1", "u2")]
        """,
    "lists of files": """
        await file(), await file("f2"), await file("f3", "u2")
        lists = [await got(Files.get_files()), await got(Files.get_files_by_user_id("u1")),
                 await got(Files.get_files_by_ids(["f3", "no"])), await got(Files.get_file_metadatas_by_ids(["f2"]))]
        return [lists, [await got(Files.check_access_by_user_id("f1", each)) for each in ("u1", "u2")]]
        """,
    "data and meta are joined": """
        await file(data={"content": "a"})
        await got(Files.update_file_data_by_id("f1", {"status": "completed"}))
        await got(Files.update_file_metadata_by_id("f1", {"size": 3}))
        await got(Files.update_file_hash_by_id("f1", "h"))
        changed = await got(Files.update_file_by_id("f1", FileUpdateForm(data={"x": 1}, meta={"y": 2})))
        return [changed, await got(Files.get_file_metadata_by_id("f1"))]
        """,
    "thrown away": """
        await file(), await file("f2")
        gone = await got(Files.delete_file_by_id("f1"))
        left = await got(Files.get_files())
        return [gone, len(left), await got(Files.delete_all_files()), await got(Files.get_files())]
        """,
    "what is said of a file": """
        return [FileMeta(name="a", content_type=each, more=1) for each in (None, "text/plain", ["x", 3], 3)
                if isinstance(each, str | None) or "sanitize_meta" in FileMeta.__dict__]
        """,
    "kept in the storage": """
        content, path = Storage.upload_file(io.BytesIO(b"abc"), "a.txt", {})
        found = Path(Storage.get_file(path)).read_bytes()
        Storage.delete_file(path)
        return [content, near(path), found, __import__("os").path.exists(path), Storage.delete_file(path)]
        """,
    "nothing to keep": """
        try:
            return Storage.upload_file(io.BytesIO(b""), "a.txt", {})
        except ValueError:
            return "refused"
        """,
    "an upload": """
        from open_webui.routers.files import upload_file_handler
        user = await got(Users.get_user_by_id("u1"))
        kept = await got(upload_file_handler(REQUEST, upload(), metadata={"a": 1}, process=False, user=user))
        told = kept.model_dump()
        return [{**told, "path": near(told["path"])}, Path(Storage.get_file(kept.path)).read_bytes()]
        """,
    "an upload of nothing": """
        from open_webui.routers.files import upload_file_handler
        user = await got(Users.get_user_by_id("u1"))
        try:
            await got(upload_file_handler(REQUEST, upload(b""), metadata="{}", process=False, user=user))
        except Exception as error:
            return [type(error).__name__, error.status_code]
        """,
    "an upload that says what is no JSON": """
        from open_webui.routers.files import upload_file_handler
        user = await got(Users.get_user_by_id("u1"))
        try:
            await got(upload_file_handler(REQUEST, upload(), metadata="{", process=False, user=user))
        except Exception as error:
            return [type(error).__name__, error.status_code]
        """,
    "an image": """
        from open_webui.routers.images import upload_image
        user = await got(Users.get_user_by_id("u2"))
        said = {"chat_id": id, "message_id": "m2"}
        kept, place = await got(upload_image(REQUEST, b"png", "image/png", said, user))
        told = kept.model_dump()
        files = await got(Chats.get_chat_files_by_chat_id_and_message_id(id, "m2"))
        again = await got(Chats.insert_chat_files(id, "m2", [kept.id], "u2"))
        return [{**told, "path": near(told["path"])}, place, files, again]
        """,
    "files of a chat": """
        await file(), await file("f2", "u2")
        kept = await got(Chats.insert_chat_files(id, "m2", ["f2"], "u2"))
        other = await got(Chats.insert_chat_files(id, "m1", ["f2"], "u2"))
        none = await got(Chats.insert_chat_files(id, "m2", [], "u2"))
        gone = await got(Chats.delete_chat_file(id, "f2"))
        return [kept, bool(other), none, gone, await got(Chats.get_chat_files_by_chat_id_and_message_id(id, "m2"))]
        """,
}

_TEXTS = ("", " ", "Hello", "two\nlines", "https://x.test/a?b=1 and http://y.test", "ünïcode ☂", "a\x00b")
_ROLES = ("system", "user", "assistant", "tool")
_MESSAGE_FUNCTIONS = (
    *("get_messages_content", "get_last_user_message_item", "get_last_user_message", "get_last_assistant_message_item"),
    *("get_last_assistant_message", "get_system_message", "remove_system_message", "pop_system_message"),
    *("merge_system_messages", "strip_empty_content_blocks"),
)
_ADDING_FUNCTIONS = (
    *("add_or_update_system_message", "add_or_update_user_message", "prepend_to_first_user_message_content"),
    *("append_or_update_assistant_message", "replace_system_message_content", "set_last_user_message_content"),
)


def _any_message(chance: random.Random) -> dict:
    text = chance.choice(_TEXTS)
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    content = chance.choice([text, text, [{"type": "text", "text": text}, image], [image], [image, _part(chance)]])
    more = chance.choice([{}, {}, {"output": [{"type": "message", "content": [_part(chance)]}, {"type": "reasoning"}]}])
    return {"role": chance.choice(_ROLES), "content": content, **more}


def _part(chance: random.Random) -> dict:
    return {"type": "text", "text": chance.choice(_TEXTS)}


def _random_calls(seed: int) -> str:
    """Call what works on messages with messages made at random, and look at these as well afterwards."""
    chance = random.Random(seed)
    calls = []
    for _ in range(120):
        messages = [_any_message(chance) for _ in range(chance.randrange(5))]
        if chance.random() < 0.5:
            calls.append((chance.choice(_MESSAGE_FUNCTIONS), [messages]))
        else:
            more = [chance.random() < 0.5] if chance.random() < 0.5 else []
            name = chance.choice(_ADDING_FUNCTIONS)
            more = more if name in _ADDING_FUNCTIONS[:2] else []
            calls.append((name, [chance.choice(_TEXTS), messages, *more]))
    return f"""
import json
from open_webui.utils import misc

CALLS = json.loads({json.dumps(calls)!r})

async def sample():
    told = []
    for name, arguments in CALLS:
        if hasattr(misc, name):
            try:
                told.append([name, getattr(misc, name)(*arguments), arguments])
            except Exception as error:
                told.append([name, type(error).__name__])
    return told
"""


_OF_MISC = {
    "texts": """
        names = ("sanitize_filename", "calculate_sha256_string", "get_gravatar_url", "validate_email_format",
                 "sanitize_text_for_db", "extract_urls", "freeze")
        texts = ("", "A b/C.txt", "ann@x.test", "root@localhost", "x\x00y", "see https://x.test, ok", "ünï  x")
        return [[getattr(misc, name)(text) for text in texts] for name in names]
        """,
    "durations": """
        told = []
        for text in ("-1", "0", "4w", "1h30m", "1.5s", "250ms", "nothing", ""):
            try:
                found = misc.parse_duration(text)
                told.append(found and found.total_seconds())
            except ValueError as error:
                told.append(str(error))
        return told
        """,
    "what is allowed": """
        lists = (None, [], ["x.test"], ["!x.test"], ["x.test", "!a.x.test"], [" y.test ", "! b.test"])
        return [[misc.is_string_allowed(each, some) for each in ("x.test", "a.x.test", ["b.test", "y.test"], "")]
                for some in lists] + [misc.get_allow_block_lists(some) for some in lists]
        """,
    "one thing over another": """
        return misc.deep_update({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}, "e": {"f": 4}})
        """,
    "the way to a message": """
        messages = {"a": {"id": "a"}, "b": {"id": "b", "parentId": "a"}, "c": {"id": "c", "parentId": "no"}}
        return [misc.get_message_list(some, each) for some in (messages, {}, None) for each in ("a", "b", "c", "no")]
        """,
    "answers in the shape of providers": """
        calls = [{"id": "1"}]
        return [
            misc.openai_chat_message_template("m"),
            misc.openai_chat_chunk_message_template("m"), misc.openai_chat_chunk_message_template("m", "hi"),
            misc.openai_chat_chunk_message_template("m", "", "why", calls, {"total_tokens": 1}),
            misc.openai_chat_completion_message_template("m"), misc.openai_chat_completion_message_template("m", "hi"),
            misc.openai_chat_completion_message_template("m", "", "why", calls, {"total_tokens": 1}),
        ]
        """,
    "a file's hash": """
        from open_webui.config import UPLOAD_DIR
        (UPLOAD_DIR / "h.txt").write_text("abc")
        return misc.calculate_sha256(str(UPLOAD_DIR / "h.txt"), 2)
        """,
}

_ASKING = """
import types
from open_webui.utils.chat import generate_chat_completion

class Person:
    id, role = "u1", "admin"

def request(**models):
    app = types.SimpleNamespace(state=types.SimpleNamespace(MODELS=models))
    return types.SimpleNamespace(app=app, state=types.SimpleNamespace(metadata={"chat_id": "c"}))
"""
_OF_ASKING = {
    "a model that is not there": """
        form = {"model": "no", "messages": [], "metadata": {"a": 1}}
        try:
            await generate_chat_completion(request(), form, Person())
        except Exception as error:
            return [type(error).__name__, str(error), form]
        """,
}

SAMPLES = {
    **{f"misc: {name}": _sample("from open_webui.utils import misc", body) for name, body in _OF_MISC.items()},
    **{f"misc: messages at random, {seed}": _random_calls(seed) for seed in range(5)},
    **{f"asking: {name}": _sample(_ASKING, body) for name, body in _OF_ASKING.items()},
    **{f"files: {name}": _with_files(body) for name, body in _OF_FILES.items()},
    **{f"chats: {name}": _with_chat(body) for name, body in _OF_CHATS.items()},
    **{f"users: {name}": _with_people(body) for name, body in _USERS.items()},
}
