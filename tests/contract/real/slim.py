"""Replace the heavy parts of the real server: its settings, its vector database and its embeddings.

The boot scripts beside this module run inside the environment of the real server, where this project is not
installed: nothing here may import anything but the standard library before the server itself is importable.
"""

import hashlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

EMBEDDINGS_PATH = "/_stub/v1/embeddings"


def read_arguments() -> tuple[int, Path]:
    """Return the port and the data folder from the command line, and take this folder off the import path."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} PORT DATA_DIR")
    sys.path.pop(0)
    return int(sys.argv[1]), Path(sys.argv[2]).resolve()


def write_settings(port: int, data_dir: Path, **more: str) -> None:
    """Make the folders the server wants and set its environment; what is set already wins.

    The frontend folder holds one page, because unknown paths answer it. The static folder must be private to this
    server: a boot deletes the files it finds there.
    """
    frontend_dir = data_dir / "_frontend"
    static_dir = data_dir / "_static"
    (frontend_dir / "static").mkdir(parents=True, exist_ok=True)
    static_dir.mkdir(parents=True, exist_ok=True)
    (frontend_dir / "index.html").write_text("<!doctype html>\n<title>Open WebUI</title>\n", encoding="utf-8")
    settings = {
        "DATA_DIR": str(data_dir),
        "FRONTEND_BUILD_DIR": str(frontend_dir),
        "STATIC_DIR": str(static_dir),
        "FROM_INIT_PY": "true",
        "WEBUI_SECRET_KEY": "only-for-tests",
        "ENABLE_SIGNUP": "True",
        "ENABLE_OLLAMA_API": "False",
        "ENABLE_OPENAI_API": "False",
        "ENABLE_VERSION_UPDATE_CHECK": "False",
        "OFFLINE_MODE": "True",
        "HF_HUB_OFFLINE": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "RAG_EMBEDDING_ENGINE": "openai",
        "RAG_OPENAI_API_BASE_URL": f"http://127.0.0.1:{port}{EMBEDDINGS_PATH.removesuffix('/embeddings')}",
        "RAG_OPENAI_API_KEY": "only-for-tests",
        **more,
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def make_vector_store_class() -> type:  # noqa: C901 - every method counts as a branch
    """Return a vector database that lives in memory; the server's own base class must be importable by now."""
    from open_webui.retrieval.vector.main import GetResult, SearchResult, VectorDBBase

    class MemoryVectorStore(VectorDBBase):
        def __init__(self) -> None:
            self.collections: dict[str, dict[str, dict[str, Any]]] = {}

        def has_collection(self, collection_name):
            return collection_name in self.collections

        def delete_collection(self, collection_name):
            self.collections.pop(collection_name, None)

        def insert(self, collection_name, items):
            collection = self.collections.setdefault(collection_name, {})
            for item in items:
                row = item if isinstance(item, dict) else item.model_dump()
                collection[row["id"]] = row

        def upsert(self, collection_name, items):
            self.insert(collection_name, items)

        def search(self, collection_name, vectors, filter=None, limit=10):  # noqa: A002 - passed by name
            found = [
                sorted(
                    ((_dot(vector, row["vector"]), row) for row in self._rows(collection_name, filter)),
                    key=lambda scored: -scored[0],
                )[:limit]
                for vector in vectors
            ]
            return SearchResult(
                ids=[[row["id"] for _, row in hits] for hits in found],
                documents=[[row["text"] for _, row in hits] for hits in found],
                metadatas=[[row["metadata"] for _, row in hits] for hits in found],
                distances=[[score for score, _ in hits] for hits in found],
            )

        def query(self, collection_name, filter, limit=None):  # noqa: A002 - passed by name
            return self._result(self._rows(collection_name, filter)[:limit])

        def get(self, collection_name):
            return self._result(self._rows(collection_name, None))

        def delete(self, collection_name, ids=None, filter=None):  # noqa: A002 - passed by name
            doomed = set(ids or ())
            if filter:
                doomed |= {row["id"] for row in self._rows(collection_name, filter)}
            for row_id in doomed:
                self.collections.get(collection_name, {}).pop(row_id, None)

        def reset(self):
            self.collections.clear()

        def _rows(self, collection_name, wanted):
            rows = list(self.collections.get(collection_name, {}).values())
            return [
                row
                for row in rows
                if all((row["metadata"] or {}).get(key) == value for key, value in (wanted or {}).items())
            ]

        @staticmethod
        def _result(rows):
            return GetResult(
                ids=[[row["id"] for row in rows]],
                documents=[[row["text"] for row in rows]],
                metadatas=[[row["metadata"] for row in rows]],
            )

    return MemoryVectorStore


def run(app: Any, port: int) -> None:
    """Serve `app` with the embeddings route on loopback until the standard input closes."""
    import uvicorn
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer_embeddings(request):
        texts = (await request.json()).get("input") or []
        texts = [texts] if isinstance(texts, str) else texts
        rows = [{"object": "embedding", "index": n, "embedding": _embedding(str(text))} for n, text in enumerate(texts)]
        return JSONResponse({"object": "list", "model": "stub", "data": rows})

    app.router.routes.insert(0, Route(EMBEDDINGS_PATH, answer_embeddings, methods=["POST"]))
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=False))


def _embedding(text: str) -> list[float]:
    """Return 64 numbers between -1 and 1 that depend on the text alone."""
    return [(byte - 128) / 128 for byte in hashlib.sha512(text.encode()).digest()]


def _exit_at_end_of_input() -> None:
    """End the process when whoever started it is gone, however it ended."""
    sys.stdin.buffer.read()
    os._exit(0)
