"""The service the story's checkers ask: /health, which answers after 200 ms.

Prints its URL once it answers, and ends on SIGTERM or SIGINT.
"""

import argparse
import asyncio
import socket
import time

import fastapi
import uvicorn

DELAY = 0.2  # seconds


async def health():
    await asyncio.sleep(DELAY)
    return {"status": "ok"}


def plain_health():
    """The same without async: FastAPI calls it in a pool of 40 threads."""
    time.sleep(DELAY)
    return {"status": "ok"}


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        host, port = sockets[0].getsockname()
        print(f"http://{host}:{port}/health", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("-port", metavar="N", type=int, default=0, help="0: any that is free")
    parser.add_argument("-plain", action="store_true", help="a def endpoint, not async def")
    options = parser.parse_args()

    app = fastapi.FastAPI()
    app.get("/health")(plain_health if options.plain else health)

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", options.port))
        Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
