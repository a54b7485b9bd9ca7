try:
    from open_webui.models.access_grants import AccessGrants as Access
except ImportError:
    from open_webui.utils.access_control import has_access as Access


class Pipe:
    pipes = [{"id": "access", "name": getattr(Access, "__name__", "a table")}]
