from open_webui.env import VERSION
from open_webui.models.chats import Chats
from open_webui.models.users import UserModel, Users


class Tools:
    def f(self, a: int, __user__: UserModel = None):
        """Ask the server's own tables."""
