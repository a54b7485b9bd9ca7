"""What the generations of servers do differently with files and knowledge bases, as data: one table each.

Source: Open WebUI 0.12.4 and 0.6.43, routers/files.py, routers/knowledge.py and routers/retrieval.py; checked by
tests/contract/test_files.py and tests/contract/test_knowledge*.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from cochat_devkit.server.quirks import NOT_FOUND, NOT_FOUND_401, NOT_FOUND_404, PROHIBITED, PROHIBITED_401, Refusal

DUPLICATE_CONTENT = "Duplicate content detected. Please provide unique content to proceed."
EMPTY_CONTENT = "The content provided is empty. Please ensure that there is text or data present before proceeding."
NOT_PROCESSED_400 = Refusal(
    400,
    "Extracted content is not available for this file. Please ensure that the file is processed before proceeding.",
)
EMPTY_CONTENT_400 = Refusal(400, EMPTY_CONTENT)
BAD_METADATA_400 = Refusal(400, "[ERROR: Invalid metadata format]")
NO_FILES_MATCH_404 = Refusal(404, "No files found matching the pattern.")
NOT_FOUND_400 = Refusal(400, NOT_FOUND)
PROHIBITED_400 = Refusal(400, PROHIBITED)
PROHIBITED_403 = Refusal(403, PROHIBITED)
NOT_STORED_400 = Refusal(400, "Uh-oh! This file is already registered. Please choose another file.")
NOT_REINDEXED_500 = Refusal(
    500,
    "Indexed text was saved, but some knowledge collections could not be reindexed. Retry saving to complete indexing.",
)
PARENT_MISSING_404 = Refusal(404, "Parent directory not found.")
TARGET_MISSING_404 = Refusal(404, "Target directory not found.")
FOLDER_NAME_TAKEN_400 = Refusal(
    400, "Failed to create directory. A directory with this name may already exist at this level."
)
FOLDER_NOT_UPDATED_400 = Refusal(
    400, "Failed to update directory. This may be caused by a naming conflict or circular move."
)
UPLOAD_FAILED_400 = Refusal(400, "[ERROR: Error uploading file]")


@dataclass(frozen=True)
class FileQuirks:
    """Say how one generation treats files and knowledge bases."""

    #: a row of a file has `access_control`, always null
    has_access_field: bool
    #: `meta.file_hash` has the digest of the bytes, or what the uploader called it
    keeps_digest: bool
    empty_file: Refusal
    longest_name_bytes: int | None
    #: what calls itself a picture or a film is looked into, and a film needs no text
    looks_into_media: bool
    #: what neither ends nor calls itself like text is refused in these words; None: tried all the same
    no_extractor: str | None
    #: a failure takes the hash back and is told in `data.error`, which is null after a success
    tells_failures: bool
    #: the text may be exchanged: the new one is taken over by every base; otherwise it is kept and the file fails
    text_can_change: bool
    can_rename: bool
    #: the files are listed page by page, as `{items, total}`
    pages_files: bool
    #: quotes, the width of letters and entities of HTML are set right in the text, beside what all servers set right
    mends_typography: bool
    #: a base hands the right to write its files on only where its owner owns them
    guards_files_of_others: bool
    #: a file that a base shows last is shown to the base's readers even when it was taken out
    collection_grants_access: bool
    #: a listing shows what somebody may read by name; otherwise what one of their groups alone may read
    lists_what_is_shared_by_name: bool
    base_missing: Refusal
    #: None: `null`
    base_not_readable: Refusal | None
    #: administrators are told that they may write what others made
    admin_has_write_access: bool
    counts_files: bool
    #: a search for bases looks at their owners' names too
    searches_owners: bool
    #: rows of a base's files have the whole text and a path on the server's disk; otherwise folder and original
    lists_texts: bool
    has_folders: bool
    #: a base answers an administrator with as many files a page as asked for
    takes_limit: bool
    #: a file that is in the base already may be added again; otherwise it is a duplicate of itself
    may_be_added_again: bool
    #: a batch compares texts and leaves out what it cannot take; otherwise it takes everything that has a text
    batch_compares: bool
    #: adding a file needs the right to read it, which a refusal tells; otherwise it must be one's own
    unreadable_file: Refusal | None
    #: what is not in the base cannot be removed from it or updated in it
    looks_for_membership: bool
    #: taking a file out of a base deletes it though somebody else owns it
    removes_files_of_others: bool
    #: a reset deletes the files
    reset_deletes_files: bool
    #: deleting a file takes it out of its bases, and its text with it
    deletion_leaves_no_trace: bool


_0_6 = FileQuirks(
    has_access_field=True,
    keeps_digest=False,
    empty_file=UPLOAD_FAILED_400,
    longest_name_bytes=218,
    looks_into_media=False,
    no_extractor=None,
    tells_failures=False,
    text_can_change=False,
    can_rename=False,
    pages_files=False,
    mends_typography=True,
    guards_files_of_others=False,
    collection_grants_access=True,
    lists_what_is_shared_by_name=False,
    base_missing=NOT_FOUND_401,
    base_not_readable=None,
    admin_has_write_access=False,
    counts_files=False,
    searches_owners=False,
    lists_texts=True,
    has_folders=False,
    takes_limit=False,
    may_be_added_again=False,
    batch_compares=False,
    unreadable_file=None,
    looks_for_membership=False,
    removes_files_of_others=True,
    reset_deletes_files=False,
    deletion_leaves_no_trace=False,
)

_0_12 = FileQuirks(
    has_access_field=False,
    keeps_digest=True,
    empty_file=EMPTY_CONTENT_400,
    longest_name_bytes=None,
    looks_into_media=True,
    no_extractor="503: This file type requires an external document extractor in slim. Configure one that supports it.",
    tells_failures=True,
    text_can_change=True,
    can_rename=True,
    pages_files=True,
    mends_typography=False,
    guards_files_of_others=True,
    collection_grants_access=False,
    lists_what_is_shared_by_name=True,
    base_missing=NOT_FOUND_404,
    base_not_readable=PROHIBITED_401,
    admin_has_write_access=True,
    counts_files=True,
    searches_owners=True,
    lists_texts=False,
    has_folders=True,
    takes_limit=True,
    may_be_added_again=True,
    batch_compares=True,
    unreadable_file=PROHIBITED_403,
    looks_for_membership=True,
    removes_files_of_others=False,
    reset_deletes_files=True,
    deletion_leaves_no_trace=True,
)

_TABLE = {"0.6": _0_6, "0.12": _0_12}


def file_quirks_of(generation: str) -> FileQuirks:
    """Find the table of a generation that `quirks_of` knows."""
    return _TABLE[generation]
