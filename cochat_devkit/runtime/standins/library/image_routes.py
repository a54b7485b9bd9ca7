"""`open_webui.routers.images`: an image as plugins keep one.

Source: Open WebUI 0.12.4 and 0.6.43, routers/images.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import io
import mimetypes
from typing import Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library.chats import ChatTable
from cochat_devkit.runtime.standins.library.file_routes import upload_file_handler

_ENDINGS = {"image/jpeg": ".jpg", "image/jpg": ".jpg", "image/mpo": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def upload_image(request: Any, image_data: bytes, content_type: str, metadata: Any, user: Any) -> Any:
    """Keep an image, in the chat that the metadata names where they name one."""
    guessed = mimetypes.guess_extension(content_type)
    ending = guessed if home.is_old() else _ENDINGS.get(content_type.lower()) or guessed or ".png"
    file = home.module("routers.images").UploadFile(
        file=io.BytesIO(image_data), filename=f"generated-image{ending}", headers={"content-type": content_type}
    )
    kept = upload_file_handler(request, file, metadata, process=False, user=user)
    chat_id, message_id = metadata.get("chat_id"), metadata.get("message_id")
    if chat_id and message_id:
        ChatTable().insert_chat_files(chat_id, message_id, [kept.id], user.id)
    url = request.app.url_path_for("get_file_content_by_id", id=kept.id)
    if home.is_old():
        return kept, url
    return kept, {"id": kept.id, "url": url, "name": kept.meta["name"], "content_type": kept.meta["content_type"]}


PLAYS = {"upload_image": upload_image}
