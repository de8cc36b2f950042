"""Asks all targets from one event loop, with aiohttp."""

import asyncio
import ssl
import time

import aiohttp

import contender


async def check(session, url):
    """Answers how long the target took, in seconds."""
    start = time.perf_counter()
    async with session.get(url) as response:
        await response.read()
    return time.perf_counter() - start


async def run(options):
    race = contender.Race()
    # A place is awaited here and not in the connector, where the wait would count
    # against the timeout.
    places = asyncio.Semaphore(options.limit or len(options.targets))

    async def work(session, url):
        async with places:
            try:
                race.passed(await check(session, url))
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                race.failed(error)

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # instead of 100
            force_close=True,
            ssl=ssl.create_default_context(cafile=options.roots),
        ),
        timeout=aiohttp.ClientTimeout(total=options.timeout),
        raise_for_status=True,
    ) as session:
        with race:
            await asyncio.gather(*(work(session, url) for url in options.targets))


def main():
    parser = contender.arguments()
    parser.add_argument("-limit", metavar="N", type=int, default=0, help="checks at once (0: all)")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
