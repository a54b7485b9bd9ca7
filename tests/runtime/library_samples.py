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
    "a search in a folder": """
        from open_webui.models.folders import Folders, FolderForm
        made = await got(Folders.insert_new_folder("u2", FolderForm(name="Big Trips")))
        await put("u2", ChatForm(chat={"title": "Cities at sea"}, folder_id=made.id))
        asked = ("cities folder:big_trips", "folder:big_trips", "cities folder:none", "boats folder:big_trips")
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

_PLUGINS = (
    _PEOPLE
    + """
from open_webui.models.tools import Tools, ToolForm, ToolMeta
from open_webui.models.functions import Functions, FunctionForm, FunctionMeta

async def tool(id="t1", user_id="u1", **more):
    form = ToolForm(id=id, name=id.upper(), content="class Tools: ...", meta=ToolMeta(description="d"), **more)
    return await got(Tools.insert_new_tool(user_id, form, [{"name": "run"}]))

async def function(id="f1", type="filter", **more):
    form = FunctionForm(id=id, name=id.upper(), content="class Filter: ...", meta=FunctionMeta(description="d"), **more)
    return await got(Functions.insert_new_function("u1", type, form))

async def moved(change, read):
    before = getattr(await got(read()), "version_id", None)
    await got(change())
    return before != getattr(await got(read()), "version_id", None)
"""
)
_OF_PLUGINS = {
    "a tool": "return [await tool(), await got(Tools.get_tool_by_id('t1')), await got(Tools.get_tool_by_id('no'))]",
    "all tools": """
        await tool(), await tool("t2", "u9")
        return sorted(await got(Tools.get_tools()), key=lambda each: each.id)
        """,
    "the tools of a person": """
        await tool(), await tool("t2", "u2")
        told = [await got(Tools.get_tools_by_user_id(each)) for each in ("u1", "u2", "u3")]
        return [[one.id for one in some] for some in [*told, await got(Tools.get_tools_by_user_id("u3", "read"))]]
        """,
    "the valves of a tool": """
        await tool()
        before = [await got(Tools.get_tool_valves_by_id(each)) for each in ("t1", "no")]
        told = await got(Tools.update_tool_valves_by_id("t1", {"a": 1}))
        return [before, told, await got(Tools.get_tool_valves_by_id("t1"))]
        """,
    "the valves that a person has of a tool": """
        await tool()
        read = [await got(Tools.get_user_valves_by_id_and_user_id("t1", "u2"))]
        told = await got(Tools.update_user_valves_by_id_and_user_id("t1", "u2", {"a": 1}))
        read += [await got(Tools.get_user_valves_by_id_and_user_id(*each)) for each in (("t1", "u2"), ("t2", "u2"))]
        return [read, told, (await got(Users.get_user_by_id("u2"))).settings]
        """,
    "a tool is changed": """
        await tool()
        told = await got(Tools.update_tool_by_id("t1", {"name": "New", "content": "x = 1", "specs": []}))
        same = await moved(lambda: Tools.update_tool_by_id("t1", {"name": "New"}), lambda: Tools.get_tool_by_id("t1"))
        new = await moved(lambda: Tools.update_tool_by_id("t1", {"name": "X"}), lambda: Tools.get_tool_by_id("t1"))
        return [told, same, new and hasattr(told, "version_id")]
        """,
    "a tool that is not there is changed": """
        try:
            return await got(Tools.update_tool_by_id("no", {"name": "New"}))
        except ValueError as error:
            return str(error)
        """,
    "a tool is thrown away": """
        await tool()
        return [await got(Tools.delete_tool_by_id("t1")), await got(Tools.get_tools()),
                await got(Tools.delete_tool_by_id("t1"))]
        """,
    "a function": """
        return [await function(), await got(Functions.get_function_by_id("f1")),
                await got(Functions.get_function_by_id("no"))]
        """,
    "functions by their types": """
        await function(), await function("f2"), await function("p", "pipe"), await function("a", "action")
        for each in ("f2", "p", "a"):
            await got(Functions.update_function_by_id(each, {"is_active": True, "is_global": each != "p"}))
        lists = [await got(Functions.get_functions()), await got(Functions.get_functions(active_only=True)),
                 await got(Functions.get_functions_by_type("filter")),
                 await got(Functions.get_functions_by_type("filter", active_only=True)),
                 await got(Functions.get_global_filter_functions()), await got(Functions.get_global_action_functions()),
                 await got(Functions.get_function_list())]
        all_off = await got(Functions.deactivate_all_functions())
        return [[sorted(one.id for one in some) for some in lists], all_off,
                len(await got(Functions.get_functions(active_only=True)))]
        """,
    "who made a function": "await function(); return await got(Functions.get_function_list())",
    "the valves of a function": """
        await function()
        before = [await got(Functions.get_function_valves_by_id(each)) for each in ("f1", "no")]
        told = await got(Functions.update_function_valves_by_id("f1", {"priority": 3}))
        return [before, told, await got(Functions.get_function_valves_by_id("f1")),
                await got(Functions.get_functions(include_valves=True))]
        """,
    "functions with their valves, none saved": """
        await function()
        return await got(Functions.get_functions(include_valves=True))
        """,
    "the valves that a person has of a function": """
        await function()
        read = [await got(Functions.get_user_valves_by_id_and_user_id(*each)) for each in (("f1", "u2"), ("f1", "no"))]
        told = await got(Functions.update_user_valves_by_id_and_user_id("f1", "u2", {"a": 1}))
        return [read, told, await got(Functions.get_user_valves_by_id_and_user_id("f1", "u2"))]
        """,
    "a function is changed": """
        await function()
        await got(Functions.update_function_metadata_by_id("f1", {"more": 1}))
        told = await got(Functions.update_function_by_id("f1", {"content": "y = 2", "is_active": True}))
        return [told, await got(Functions.delete_function_by_id("f1")), await got(Functions.get_function_by_id("f1"))]
        """,
}

_THINGS = (
    _PEOPLE
    + """
from open_webui.models.models import Models, ModelForm, ModelMeta, ModelParams

async def model(id="m1", user_id="u1", **more):
    told = {"base_model_id": "gpt", "name": id.upper(), "meta": ModelMeta(description="d"), "params": ModelParams(a=1)}
    return await got(Models.insert_new_model(ModelForm(**{"id": id, **told, **more}), user_id))
"""
)
_OF_MODELS = {
    "a model": "return [await model(), *[await got(Models.get_model_by_id(each)) for each in ('m1', 'no')]]",
    "lists of models": """
        await model(), await model("m2", base_model_id=None), await model("m3", "u2")
        return [await got(Models.get_models()), await got(Models.get_base_models()),
                [each.id for each in await got(Models.get_all_models())],
                [each.id for each in await got(Models.get_models_by_ids(["m3", "m1", "no"]))]]
        """,
    "what is said of a model": """
        meta = ModelMeta(tags=["a", {"name": " b "}, {"name": ""}, 3], capabilities={"vision": True}, more="x",
                         knowledge=[{"id": "k", "data": {"content": "c", "x": 1}, "file": {"data": {"content": "c"}}}])
        return [meta if "normalize_tags" in ModelMeta.__dict__ else None, ModelParams(system="s", temperature=0.1)]
        """,
    "a model is changed": """
        await model()
        form = ModelForm(id="m1", name="New", meta=ModelMeta(), params=ModelParams(b=2))
        return [await got(Models.update_model_by_id("m1", form)), await got(Models.toggle_model_by_id("m1")),
                await got(Models.toggle_model_by_id("no"))]
        """,
    "a model is thrown away": """
        await model(), await model("m2")
        return [await got(Models.delete_model_by_id("m1")), len(await got(Models.get_all_models())),
                await got(Models.delete_all_models()), await got(Models.get_all_models())]
        """,
}

_SKILLS = (
    _PEOPLE
    + """
from open_webui.models.skills import Skills, SkillForm, SkillMeta

async def skill(id="s1", user_id="u1", **more):
    form = SkillForm(id=id, name=id.upper(), description="d", content="# How", meta=SkillMeta(tags=["t"]), **more)
    return await Skills.insert_new_skill(user_id, form)
"""
)
_OF_SKILLS = {
    "a skill": "return [await skill(), await Skills.get_skill_by_id('s1'), await Skills.get_skill_by_name('S1')]",
    "lists of skills": """
        await skill(), await skill("s2", "u2")
        lists = [await Skills.get_skills(), await Skills.get_skills(user_id="u2"), await Skills.get_skills(ids=["s1"])]
        return [[sorted(one.id for one in some) for some in lists], (await Skills.get_skills(ids=["s1"]))[0]]
        """,
    "a skill is changed": """
        await skill()
        told = await Skills.update_skill_by_id("s1", {"content": "# Better", "description": "e"})
        return [told, await Skills.toggle_skill_by_id("s1"), await Skills.update_skill_by_id("no", {}),
                await Skills.delete_skill_by_id("s1"), await Skills.get_skill_by_id("s1")]
        """,
}

_MEMORIES = (
    _PEOPLE
    + """
import types
from open_webui.models.memories import Memories
from open_webui.routers import memories as routes

async def vector(*_texts, **_more):
    return [0.1]

REQUEST = types.SimpleNamespace(app=types.SimpleNamespace(state=types.SimpleNamespace(EMBEDDING_FUNCTION=vector)))
"""
)
_OF_MEMORIES = {
    "a memory": """
        made = await got(Memories.insert_new_memory("u1", "likes tea"))
        return [made, await got(Memories.get_memory_by_id(made.id)), await got(Memories.get_memory_by_id("no"))]
        """,
    "the memories of a person": """
        await got(Memories.insert_new_memory("u1", "a")), await got(Memories.insert_new_memory("u2", "b"))
        return [await got(Memories.get_memories_by_user_id("u1")), len(await got(Memories.get_memories())),
                await got(Memories.delete_memories_by_user_id("u1")), await got(Memories.get_memories_by_user_id("u1"))]
        """,
    "a memory is changed": """
        id = (await got(Memories.insert_new_memory("u1", "a"))).id
        return [await got(Memories.update_memory_by_id_and_user_id(id, each, "c")) for each in ("u1", "u2")]
        """,
    "a memory is forgotten": """
        id = (await got(Memories.insert_new_memory("u1", "a"))).id
        return [await got(Memories.delete_memory_by_id_and_user_id(id, each)) for each in ("u2", "u1", "u1")]
        """,
    "memories by their routes, where vectors are kept": """
        if hasattr(Memories, "apply_memory_operations"):
            return None
        user = await got(Users.get_user_by_id("u1"))
        made = await routes.add_memory(request=REQUEST, form_data=routes.AddMemoryForm(content="tea"), user=user)
        form = routes.MemoryUpdateModel(content="coffee")
        return [made, await routes.update_memory_by_id(made.id, request=REQUEST, form_data=form, user=user)]
        """,
    "memories that are not there, by their routes": """
        user, told = await got(Users.get_user_by_id("u1")), []
        form, query = routes.MemoryUpdateModel(content="coffee"), routes.QueryMemoryForm(content="x")
        for ask in (lambda: routes.update_memory_by_id("no", request=REQUEST, form_data=form, user=user),
                    lambda: routes.query_memory(request=REQUEST, form_data=query, user=user)):
            try:
                told.append(await ask())
            except Exception as error:
                told.append([type(error).__name__, error.status_code, error.detail])
        return told
        """,
}

_FOLDERS = (
    _PEOPLE
    + """
from open_webui.models.folders import Folders, FolderForm, FolderUpdateForm

async def folder(name="Work", parent_id=None, user_id="u1", **more):
    return await got(Folders.insert_new_folder(user_id, FolderForm(name=name, **more), parent_id))
"""
)
_OF_FOLDERS = {
    "a folder": """
        made = await folder(data={"a": 1})
        return [made, await got(Folders.get_folder_by_id_and_user_id(made.id, "u1")),
                await got(Folders.get_folder_by_id_and_user_id(made.id, "u2"))]
        """,
    "folders in folders": """
        top = await folder()
        below = await folder("Below", top.id)
        await folder("Deep", below.id), await folder("Other", user_id="u2")
        return [[one.name for one in await got(Folders.get_folders_by_user_id("u1"))],
                [one.name for one in await got(Folders.get_folders_by_parent_id_and_user_id(top.id, "u1"))],
                [one.name for one in await got(Folders.get_children_folders_by_id_and_user_id(top.id, "u1"))],
                await got(Folders.get_children_folders_by_id_and_user_id("no", "u1")),
                await got(Folders.get_folder_by_parent_id_and_user_id_and_name(None, "u1", "wORK"))]
        """,
    "a folder is changed": """
        made, other = await folder(data={"a": 1}), await folder("Home")
        told = await got(Folders.update_folder_by_id_and_user_id(made.id, "u1", FolderUpdateForm(data={"b": 2})))
        taken = await got(Folders.update_folder_by_id_and_user_id(made.id, "u1", FolderUpdateForm(name="Home")))
        return [told, taken, await got(Folders.update_folder_parent_id_by_id_and_user_id(made.id, "u1", other.id)),
                await got(Folders.update_folder_is_expanded_by_id_and_user_id(made.id, "u1", True))]
        """,
    "folders by name": """
        top = await folder("Big  Work_Stuff")
        await folder("In it", top.id), await folder("Else")
        return [[one.name for one in await got(Folders.search_folders_by_names("u1", ["big work stuff"]))],
                [one.name for one in await got(Folders.search_folders_by_name_contains("u1", "WORK"))],
                await got(Folders.search_folders_by_names("u1", [])), Folders.normalize_folder_name(" A__b ")]
        """,
    "a folder is thrown away": """
        top = await folder()
        below = await folder("Below", top.id)
        gone = await got(Folders.delete_folder_by_id_and_user_id(top.id, "u1"))
        return [sorted(gone) == sorted([top.id, below.id]), await got(Folders.get_folders_by_user_id("u1")),
                await got(Folders.delete_folder_by_id_and_user_id("no", "u1"))]
        """,
}


def _all_with_people(name: str, head: str, bodies: dict[str, str]) -> dict[str, str]:
    begin = "await people()\n"
    return {f"{name}: {each}": _sample(head, begin + textwrap.dedent(body)) for each, body in bodies.items()}


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

_KNOWLEDGE = (
    _FILES
    + """
from open_webui.models.knowledge import Knowledges, KnowledgeForm

async def knowledge(name="Docs", user_id="u1"):
    return await got(Knowledges.insert_new_knowledge(user_id, KnowledgeForm(name=name, description="d")))
"""
)


def _with_knowledge(body: str) -> str:
    return _sample(_KNOWLEDGE, f"await people()\n{textwrap.dedent(body)}")


_OF_KNOWLEDGE = {
    "a knowledge base": """
        made = await knowledge()
        return [made, await got(Knowledges.get_knowledge_by_id(made.id)),
                await got(Knowledges.get_knowledge_by_id("no")), await got(Knowledges.get_knowledge_bases())]
        """,
    "files in a knowledge base": """
        made = await knowledge()
        await file(), await file("f2")
        told = await got(Knowledges.add_file_to_knowledge_by_id(made.id, "f1", "u1"))
        again = await got(Knowledges.add_file_to_knowledge_by_id(made.id, "f1", "u1"))
        found = [await got(Knowledges.get_files_by_id(made.id)),
                 await got(Knowledges.get_file_metadatas_by_id(made.id)),
                 [each.id == made.id for each in await got(Knowledges.get_knowledges_by_file_id("f1"))]]
        gone = await got(Knowledges.remove_file_from_knowledge_by_id(made.id, "f1"))
        return [told, again, found, gone, await got(Knowledges.get_files_by_id(made.id))]
        """,
    "a knowledge base is changed": """
        made = await knowledge()
        form = KnowledgeForm(name="New", description="e")
        told = [await got(Knowledges.update_knowledge_by_id(made.id, form)),
                await got(Knowledges.reset_knowledge_by_id(made.id))]
        gone = await got(Knowledges.delete_knowledge_by_id(made.id))
        return [told, gone, await got(Knowledges.get_knowledge_by_id(made.id)),
                await got(Knowledges.delete_all_knowledge())]
        """,
    "whose knowledge base it is": """
        made = await knowledge()
        return [await got(Knowledges.check_access_by_user_id(made.id, each)) for each in ("u1", "u2")]
        """,
}
_OF_TASKS = {
    "the model for side tasks": """
        models = {"a": {"connection_type": "local"}, "b": {}, "c": {}}
        return [task.get_task_model_id(*each, models) for each in
                (("a", "c", "b"), ("a", "no", "b"), ("b", "c", "a"), ("b", "", ""), ("b", "a", "no"))]
        """,
    "a question in a template": """
        templates = ("{{prompt}}", "{{PROMPT}} {{prompt:start:3}}", "{{prompt:end:4}}", "{{prompt:middletruncate:5}}",
                     "{{prompt:middletruncate:99}}", "{{other}}")
        return [task.replace_prompt_variable(each, "how warm is it") for each in templates]
        """,
    "messages in a template": """
        messages = [{"role": "user", "content": str(number)} for number in range(5)]
        templates = ("{{MESSAGES}}", "{{MESSAGES:START:2}}", "{{MESSAGES:END:2}}", "{{MESSAGES:MIDDLETRUNCATE:3}}",
                     "{{MESSAGES:MIDDLETRUNCATE:4}}", "{{MESSAGES:MIDDLETRUNCATE:9}}", "{{messages}}")
        return [[task.replace_messages_variable(each, some) for each in templates] for some in (messages, [], None)]
        """,
    "a person in a template": """
        names = ("NAME", "EMAIL", "BIO", "GENDER", "BIRTH_DATE", "AGE", "LOCATION")
        template = " ".join("{{USER_" + each + "}}" for each in names) + " {{CURRENT_WEEKDAY}} {{CURRENT_DATE}}"
        ann = {"name": "Ann", "email": "a@x.test", "info": {"location": "Oslo"}, "date_of_birth": "2000-01-01"}
        return [await got(task.prompt_template(template, each)) for each in (None, ann, {"name": "Bob"})]
        """,
    "templates for titles and the like": """
        messages = [{"role": "user", "content": "how warm?"}, {"role": "assistant", "content": "20"}]
        template = "{{prompt}} | {{MESSAGES:END:1}} | {{USER_NAME}}"
        names = ("title_generation_template", "tags_generation_template", "query_generation_template")
        told = [await got(getattr(task, each)(template, messages, {"name": "Ann"})) for each in names]
        return [*told, task.tools_function_calling_generation_template("a {{TOOLS}}", "[]"),
                task.prompt_variables_template("{{A}} b", {"{{A}}": "x"})]
        """,
}

_OF_RESULTS = {
    "what becomes of what a tool returned": """
        from open_webui.utils.middleware import process_tool_result
        values = ("text", "", None, 3, {"a": 1}, [1, "b"], ["data:image/png;base64,AAAA", "x"], ("a", 1))
        return [await got(process_tool_result(None, "run", each, "", False, {}, None)) for each in values]
        """,
    "no tools asked for": """
        from open_webui.utils.tools import get_tools
        return await get_tools(None, [], None, {})
        """,
    "no address of a Redis": """
        from open_webui.utils.redis import get_redis_connection
        return [get_redis_connection(None, []), get_redis_connection("", None, async_mode=True)]
        """,
}

SAMPLES = {
    **{f"results: {name}": _sample("", body) for name, body in _OF_RESULTS.items()},
    **{f"knowledge: {name}": _with_knowledge(body) for name, body in _OF_KNOWLEDGE.items()},
    **{f"task: {name}": _sample("from open_webui.utils import task", body) for name, body in _OF_TASKS.items()},
    **_all_with_people("plugins", _PLUGINS, _OF_PLUGINS),
    **_all_with_people("models", _THINGS, _OF_MODELS),
    **_all_with_people("skills", _SKILLS, _OF_SKILLS),
    **_all_with_people("memories", _MEMORIES, _OF_MEMORIES),
    **_all_with_people("folders", _FOLDERS, _OF_FOLDERS),
    **{f"misc: {name}": _sample("from open_webui.utils import misc", body) for name, body in _OF_MISC.items()},
    **{f"misc: messages at random, {seed}": _random_calls(seed) for seed in range(5)},
    **{f"asking: {name}": _sample(_ASKING, body) for name, body in _OF_ASKING.items()},
    **{f"files: {name}": _with_files(body) for name, body in _OF_FILES.items()},
    **{f"chats: {name}": _with_chat(body) for name, body in _OF_CHATS.items()},
    **{f"users: {name}": _with_people(body) for name, body in _USERS.items()},
}
