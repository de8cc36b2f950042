"""Asks the targets from a pool of threads, with requests."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

import contender


def check(url, options):
    """Answers how long the target took, in seconds."""
    start = time.perf_counter()
    requests.get(url, timeout=options.timeout, verify=options.roots).raise_for_status()
    return time.perf_counter() - start


def main():
    parser = contender.arguments()
    parser.add_argument("-workers", metavar="N", type=int, default=100)
    options = parser.parse_args()
    race = contender.Race()

    def work(url):
        try:
            race.passed(check(url, options))
        except requests.RequestException as error:
            race.failed(error)

    with race, ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(work, options.targets))  # raises what work did not expect


if __name__ == "__main__":
    main()
