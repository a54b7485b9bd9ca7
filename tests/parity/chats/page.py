"""Be the page of a chat for a real server: `python -I page.py URL TOKEN`, run in the server's own environment.

Standard input has a command a line: `{"replies": {type: answer}}` says what to answer to event calls, and empties what
was kept; `{"tell": true}` asks for the events. Each is answered by a line of standard output, as is the first
connection, with the session's id.
"""

import asyncio
import json
import sys

import socketio


async def main(url: str, token: str) -> None:
    """Connect, and do as the lines of standard input say."""
    page, events, replies = socketio.AsyncClient(), [], {}

    @page.on("events")
    async def _hear(message: dict, *_rest: object) -> object:
        events.append(message)
        return replies.get(message.get("data", {}).get("type"))

    await page.connect(url, socketio_path="/ws/socket.io", transports=["websocket"], auth={"token": token})
    say({"session_id": page.get_sid()})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        # what is answered behind everything that was sent before
        await page.call("heartbeat", {}, timeout=20)
        if "replies" in command:
            events.clear()
            replies.clear()
            replies.update(command["replies"])
        say({"events": list(events)})
    await page.disconnect()


def say(answer: dict) -> None:
    """Answer one line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


asyncio.run(main(*sys.argv[1:]))
