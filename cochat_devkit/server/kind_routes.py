"""The addresses of one kind, made from its row: whatever the row has an endpoint for is answered."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, HttpUrl

from cochat_devkit.kinds.kind import Endpoint, Listing
from cochat_devkit.resource import Wire
from cochat_devkit.server.callers import AdminCaller, AdmittedCaller, know_admin
from cochat_devkit.server.collection import Collection

_JSON = "application/json"


class GrantsForm(BaseModel):
    """Take in who may read and write."""

    access_grants: list[dict[str, Any]]


class VersionForm(BaseModel):
    """Take in the version to go back to."""

    version_id: str


class UrlForm(BaseModel):
    """Take in where a source is to be fetched from."""

    url: HttpUrl


def add_routes(router: APIRouter, collection: Collection) -> None:
    """Add the addresses of a kind."""
    # where resources have no owners, only admins may do more than list: that is told before the form is read
    guards = [] if collection.has_owners else [Depends(know_admin)]
    endpoints = collection.endpoints
    _add_listings(router, collection, guards)
    _add_item(router, collection, guards)
    _add_saves(router, collection, guards)
    for switch, endpoint in endpoints.switches.items():
        _add_switch(router, collection, switch, endpoint, guards)
    if endpoints.access:
        _add_access(router, collection, endpoints.access, guards)
    if endpoints.history:
        _add_history(router, collection, endpoints.history, guards)
    if collection.kind.plugin:
        _add_fetching(router, collection)


def _add_listings(router: APIRouter, collection: Collection, guards: list[Any]) -> None:
    endpoints = collection.endpoints
    for listing in (endpoints.export, endpoints.listing, endpoints.workspace):
        if listing:
            _add(router, listing.endpoint, _make_lister(collection, listing), guards if listing.for_admins else [])


def _make_lister(collection: Collection, listing: Listing) -> Callable[..., Response]:
    def list_resources(caller: AdmittedCaller, *, include_valves: bool = False) -> Response:
        with_valves = include_valves and listing is collection.endpoints.export
        return _answer(collection.list_written(caller, listing, with_valves=with_valves))

    return list_resources


def _add_item(router: APIRouter, collection: Collection, guards: list[Any]) -> None:
    def show_resource(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002 - the name in the path
        return _answer(collection.show(caller, id))

    _add(router, collection.endpoints.offered("item"), show_resource, guards)


def _add_saves(router: APIRouter, collection: Collection, guards: list[Any]) -> None:
    def create_resource(caller: AdmittedCaller, form: BaseModel) -> Response:
        return _answer(collection.create(caller, form.model_dump()))

    def update_resource(caller: AdmittedCaller, id: str, form: BaseModel) -> Response:  # noqa: A002
        return _answer(collection.update(caller, id, form.model_dump()))

    def delete_resource(caller: AdmittedCaller, id: str) -> bool:  # noqa: A002
        return collection.delete(caller, id)

    for saving in (create_resource, update_resource):
        saving.__annotations__["form"] = collection.form
    saves: dict[str, Callable[..., Any]] = {
        "create": create_resource,
        "update": update_resource,
        "delete": delete_resource,
    }
    for name, save in saves.items():
        _add(router, collection.endpoints.offered(name), save, guards)


def _add_switch(router: APIRouter, collection: Collection, switch: str, endpoint: Endpoint, guards: list[Any]) -> None:
    def flip_switch(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        return _answer(collection.flip(caller, id, switch))

    _add(router, endpoint, flip_switch, guards)


def _add_access(router: APIRouter, collection: Collection, endpoint: Endpoint, guards: list[Any]) -> None:
    def set_access(caller: AdmittedCaller, id: str, form: GrantsForm) -> Response:  # noqa: A002
        return _answer(collection.set_access(caller, id, form.access_grants, endpoint))

    _add(router, endpoint, set_access, guards)


def _add_history(router: APIRouter, collection: Collection, endpoint: Endpoint, guards: list[Any]) -> None:
    def list_versions(caller: AdmittedCaller, id: str, page: int = 1) -> list[Wire]:  # noqa: A002
        return collection.versions_of(caller, id).page(id, page)

    def show_difference(caller: AdmittedCaller, id: str, from_id: str, to_id: str) -> Wire:  # noqa: A002
        return collection.versions_of(caller, id).difference(id, from_id, to_id)

    def show_version(caller: AdmittedCaller, id: str, version: str) -> Wire:  # noqa: A002
        return collection.versions_of(caller, id).show(id, version)

    def delete_version(caller: AdmittedCaller, id: str, version: str) -> bool:  # noqa: A002
        return collection.delete_version(caller, id, version)

    def restore_version(caller: AdmittedCaller, id: str, form: VersionForm) -> Response:  # noqa: A002
        return _answer(collection.restore_version(caller, id, form.version_id))

    path = endpoint.path
    _add(router, endpoint, list_versions, guards)
    _add(router, Endpoint("GET", f"{path}/diff"), show_difference, guards)
    _add(router, Endpoint("GET", f"{path}/{{version}}"), show_version, guards)
    _add(router, Endpoint("DELETE", f"{path}/{{version}}"), delete_version, guards)
    restoring = Endpoint("POST", f"{collection.endpoints.offered('update').path}/version")
    _add(router, restoring, restore_version, guards)


def _add_fetching(router: APIRouter, collection: Collection) -> None:
    def fetch_source(_caller: AdminCaller, form: UrlForm) -> None:  # noqa: ARG001 - offline there is nothing to fetch
        raise collection.refusal(collection.quirks.fetch_failed)

    folder = collection.endpoints.offered("create").path.rpartition("/")[0]
    _add(router, Endpoint("POST", f"{folder}/load/url"), fetch_source, [])


def _add(router: APIRouter, endpoint: Endpoint, answer: Callable[..., Any], guards: list[Any]) -> None:
    router.add_api_route(endpoint.path, answer, methods=[endpoint.method], dependencies=guards, response_model=None)


def _answer(written: bytes) -> Response:
    return Response(written, media_type=_JSON)
