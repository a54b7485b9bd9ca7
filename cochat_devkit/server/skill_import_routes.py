"""The addresses that take skills in as packages: what would happen, and what did."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, HTTPException, UploadFile

from cochat_devkit.server.access import Caller
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.quirks import Refusal
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.skill_files import FilesRefused, summaries
from cochat_devkit.server.skill_packages import read_packages
from cochat_devkit.server.skill_routes import PATH, SkillForm
from cochat_devkit.server.skills import Skills

_NEEDS_VERSION = Refusal(400, "Replacement requires expected_version_id")
_UNKNOWN_ACTION = Refusal(400, "Unknown import action")
_NEEDS_DECISIONS = Refusal(400, "One decision is required per skill")

_Uploads = Annotated[list[UploadFile], File()]


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses, where the dialect has them."""
    if context.dialect.generation != "0.12":
        return
    skills = Skills(context)

    @router.post(f"{PATH}/import/preview")
    def preview_import(caller: AdmittedCaller, files: _Uploads) -> JsonAnswer:
        skills.refuse_import(caller)
        return JsonAnswer([_preview(skills, caller, *each) for each in enumerate(_read(files))])

    @router.post(f"{PATH}/import")
    def import_skills(caller: AdmittedCaller, files: _Uploads, decisions: Annotated[str, Form()]) -> JsonAnswer:
        skills.refuse_import(caller)
        packages = _read(files)
        choices = _read_decisions(decisions, len(packages))
        done = [_import(skills, caller, *each) for each in zip(packages, choices, strict=True)]
        return JsonAnswer(done)


def _read(uploads: list[UploadFile]) -> list[dict[str, Any]]:
    try:
        return read_packages([(upload.filename or "", upload.file.read()) for upload in uploads])
    except FilesRefused as error:
        raise refused(Refusal(400, str(error))) from error


def _read_decisions(decisions: str, count: int) -> list[dict[str, Any]]:
    try:
        found = json.loads(decisions)
    except ValueError as error:
        raise refused(Refusal(400, str(error))) from error
    if not isinstance(found, list) or len(found) != count or not all(isinstance(each, dict) for each in found):
        raise refused(_NEEDS_DECISIONS)
    return found


def _preview(skills: Skills, caller: Caller, index: int, package: dict[str, Any]) -> dict[str, Any]:
    files = summaries(package["files"])
    return {"index": index, **package, "files": files, **skills.standing_of(caller, package)}


def _import(skills: Skills, caller: Caller, package: dict[str, Any], choice: dict[str, Any]) -> dict[str, Any]:
    """Do what was decided for one package; a refusal is told in the answer."""
    action = choice.get("action", "skip")
    if action == "skip":
        return {"status": "skipped", "id": package["id"]}
    try:
        saved = _save(skills, caller, action, package, choice)
    except HTTPException as refusal:
        return {"status": "error", "id": package["id"], "error": refusal.detail}
    except ValueError as error:
        return {"status": "error", "id": package["id"], "error": str(error)}
    return {"status": "saved", "id": saved["id"]}


def _save(
    skills: Skills, caller: Caller, action: str, package: dict[str, Any], choice: dict[str, Any]
) -> dict[str, Any]:
    named = {**package, "id": choice.get("id", package["id"]), "name": choice.get("name", package["name"])}
    if action == "replace":
        skills.find_for(caller, named["id"], "write")
        expected = choice.get("expected_version_id")
        if not expected:
            raise refused(_NEEDS_VERSION)
        patch = SkillForm(**named, expected_version_id=expected).to_patch()
        return skills.update(caller, named["id"], patch)
    if action in ("create", "copy"):
        return skills.create(caller, SkillForm(**named, access_grants=[]).to_create())
    raise refused(_UNKNOWN_ACTION)
