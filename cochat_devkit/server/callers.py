"""How a request says who asks: the dependencies that every protected address has."""

from typing import Annotated

from fastapi import Depends, Request

from cochat_devkit.server.access import Caller
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.quirks import PROHIBITED_401
from cochat_devkit.server.refusals import refused

_ADMITTED = ("user", "admin")


def context_of(request: Request) -> ServerContext:
    """Find what the application stands on."""
    context: ServerContext = request.app.state.context
    return context


def credential_of(request: Request) -> str | None:
    """Take the token or API key out of a request; None where there is none."""
    takes_any = context_of(request).quirks.takes_any_header
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if credential and (takes_any or scheme.lower() == "bearer"):
        return credential
    if "token" in request.cookies:
        return request.cookies["token"]
    return request.headers.get("x-api-key") if takes_any else None


async def know_caller(request: Request) -> Caller:
    """Know who asks, whatever their role."""
    return context_of(request).people.know(credential_of(request))


async def know_admitted(caller: Annotated[Caller, Depends(know_caller)]) -> Caller:
    """Know who asks, and refuse accounts that are not admitted yet."""
    if caller.role not in _ADMITTED:
        raise refused(PROHIBITED_401)
    return caller


async def know_admin(caller: Annotated[Caller, Depends(know_caller)]) -> Caller:
    """Know who asks, and refuse everybody but admins."""
    if not caller.is_admin:
        raise refused(PROHIBITED_401)
    return caller


AnyCaller = Annotated[Caller, Depends(know_caller)]
AdmittedCaller = Annotated[Caller, Depends(know_admitted)]
AdminCaller = Annotated[Caller, Depends(know_admin)]
Context = Annotated[ServerContext, Depends(context_of)]
