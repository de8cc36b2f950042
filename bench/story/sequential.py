"""Asks one target after another, with requests."""

import time

import requests

import contender


def check(url, options):
    """Answers how long the target took, in seconds."""
    start = time.perf_counter()
    requests.get(url, timeout=options.timeout, verify=options.roots).raise_for_status()
    return time.perf_counter() - start


def main():
    options = contender.arguments().parse_args()

    with contender.Race() as race:
        for url in options.targets:
            try:
                race.passed(check(url, options))
            except requests.RequestException as error:
                race.failed(error)


if __name__ == "__main__":
    main()
