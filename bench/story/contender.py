"""What the story's contenders share: their arguments, and the one line they print."""

import argparse
import json
import time


def arguments():
    """The arguments every contender takes."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-targets", metavar="FILE", required=True, type=urls, help="one URL a line")
    parser.add_argument("-roots", metavar="CA.pem", help="authorities to trust, no others")
    parser.add_argument("-timeout", metavar="SECONDS", type=float, default=5.0)
    return parser


def urls(path):
    with open(path, encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip()]


class Race:
    """Times the checks made inside its with block and prints them as JSON at its end.

    passed and failed may be called from any thread: appending to a list is atomic.
    """

    def __init__(self):
        self.latencies = []
        self.failures = []

    def passed(self, seconds):
        self.latencies.append(seconds)

    def failed(self, error):
        self.failures.append(error)

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, kind, error, traceback):
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        if error is not None:
            return
        report = {
            "wall_ms": milliseconds(wall),
            "cpu_ms": milliseconds(cpu),
            "latency_ms": [milliseconds(seconds) for seconds in self.latencies],
            "failed": len(self.failures),
        }
        print(json.dumps(report))


def milliseconds(seconds):
    return round(seconds * 1000, 3)
