"""Boot the real Open WebUI 0.6 without its heavy packages: `python boot_0_6.py PORT DATA_DIR`.

This generation has no slim mode: packages that are absent are imported as hollow modules, and the module of the
default vector database is exchanged. A plugin with `requirements` would make this server call pip: never send one.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from unittest.mock import MagicMock

import slim

ABSENT = frozenset({
    "accelerate", "azure", "boto3", "botocore", "chromadb", "colbert", "ddgs", "faster_whisper", "fpdf", "google",
    "msal", "nltk", "onnxruntime", "opensearchpy", "pandas", "pyarrow", "pydub", "sentence_transformers", "soundfile",
    "torch", "transformers", "youtube_transcript_api",
})  # fmt: skip


class HollowModule(types.ModuleType):
    """Answer any name: `…Error` and `…Exception` with an exception, `Capitalised` with an empty class, else a mock."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith(("Error", "Exception")):
            value = type(name, (Exception,), {})
        elif name[:1].isupper():
            value = type(name, (), {"__init__": lambda *_, **__: None})
        else:
            value = MagicMock(name=name)
        setattr(self, name, value)
        return value


class HollowImporter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - the importer protocol names them
        if fullname.partition(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return HollowModule(spec.name)

    def exec_module(self, module):
        pass


port, data_dir = slim.read_arguments()
slim.write_settings(port, data_dir, VECTOR_DB="chroma")
sys.meta_path.insert(0, HollowImporter())

chroma = types.ModuleType("open_webui.retrieval.vector.dbs.chroma")
chroma.ChromaClient = slim.make_vector_store_class()
sys.modules[chroma.__name__] = chroma

from open_webui.main import app  # noqa: E402 - the exchanged modules must stand before

slim.run(app, port)
