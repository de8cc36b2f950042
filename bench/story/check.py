"""What bench/ relies on, for every contender; started by check.sh."""

import contextlib
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CONTENDERS = (
    ["sequential.py"],
    ["threads.py", "-workers", "30"],
    ["threads.py"],
    ["aio.py", "-limit", "30"],
    ["aio.py"],
)
ONE_AT_A_TIME = (
    ["sequential.py"],
    ["threads.py", "-workers", "1"],
    ["aio.py", "-limit", "1"],
)


def ask(contender, urls, *options):
    """Runs a contender and answers what it printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as targets:
        targets.write("".join(url + "\n" for url in urls))
        targets.flush()
        script, *more = contender
        command = [sys.executable, script, "-targets", targets.name, *more, *options]
        run = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, timeout=60)
    return json.loads(run.stdout)


@contextlib.contextmanager
def downstream(*options):
    """Starts downstream.py and answers its URL."""
    command = [sys.executable, "downstream.py", *options]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Witness(http.server.ThreadingHTTPServer):
    """Answers /N after N ms, /down with 503, and remembers who came."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.connections = self.now = self.most = 0
        self.scheme = "http"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Says nothing: a peer that refuses the certificate is part of the check."""

    def serve_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.scheme = "https"

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open for who wants it

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self):
        with self.server.lock:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        path = self.path[1:]
        if path != "down":
            time.sleep(int(path) / 1000)
        with self.server.lock:
            self.server.now -= 1
        self.send_response(503 if path == "down" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Story(unittest.TestCase):
    def test_prints_one_object(self):
        for spelling in ([], ["-plain"]):
            with downstream(*spelling) as url:
                # One after another takes 20 s: once is enough.
                for contender in CONTENDERS[1:] if spelling else CONTENDERS:
                    with self.subTest(contender, spelling=spelling):
                        self.one_object(url, contender)

    def one_object(self, url, contender):
        report = ask(contender, [url] * 100)
        self.assertEqual(["wall_ms", "cpu_ms", "latency_ms", "failed"], list(report))
        self.assertEqual((100, 0), (len(report["latency_ms"]), report["failed"]))
        self.assertGreaterEqual(min(report["latency_ms"]), 200)
        self.assertGreaterEqual(report["wall_ms"], max(report["latency_ms"]))
        self.assertGreater(report["cpu_ms"], 0)

    def test_opens_a_connection_for_every_check(self):
        for contender in ONE_AT_A_TIME:
            with self.subTest(contender), Witness() as witness:
                ask(contender, [witness.url("0")] * 5)
                self.assertEqual(5, witness.connections)

    def test_asks_as_many_at_once_as_told(self):
        bounds = [(contender, 1) for contender in ONE_AT_A_TIME]
        bounds += [(["threads.py", "-workers", "3"], 3), (["aio.py", "-limit", "3"], 3)]
        bounds += [(["threads.py"], 12), (["aio.py"], 12)]
        for contender, bound in bounds:
            with self.subTest(contender), Witness() as witness:
                ask(contender, [witness.url("500")] * 12)
                self.assertEqual(bound, witness.most)

    def test_latencies_come_in_order_of_completion(self):
        for contender in (["threads.py"], ["aio.py"]):
            with self.subTest(contender), Witness() as witness:
                report = ask(contender, [witness.url(delay) for delay in (900, 600, 300)])
                self.assertEqual(3, len(report["latency_ms"]))
                self.assertEqual(sorted(report["latency_ms"]), report["latency_ms"])

    def test_counts_failures(self):
        for contender in CONTENDERS:
            with self.subTest(contender), Witness() as witness:
                slow, nobody = witness.url("3000"), "http://127.0.0.1:1/"
                urls = [witness.url("0"), witness.url("down"), slow, nobody]
                report = ask(contender, urls, "-timeout", "1")
                self.assertEqual((1, 3), (len(report["latency_ms"]), report["failed"]))

    def test_waiting_for_a_place_is_no_part_of_the_check(self):
        for contender in ONE_AT_A_TIME:
            with self.subTest(contender), Witness() as witness:
                report = ask(contender, [witness.url("800")] * 4, "-timeout", "2")
                self.assertEqual(0, report["failed"])
                self.assertLessEqual(sum(report["latency_ms"]), report["wall_ms"])

    @unittest.skipUnless(shutil.which("openssl"), "no openssl to make a certificate with")
    def test_trusts_the_roots_given_and_no_others(self):
        with tempfile.TemporaryDirectory() as room, Witness() as witness:
            certificate, key = os.path.join(room, "ca.pem"), os.path.join(room, "key.pem")
            command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=witness"
            command += " -addext subjectAltName=IP:127.0.0.1"
            command = [*command.split(), "-out", certificate, "-keyout", key]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            witness.serve_tls(certificate, key)
            urls = [witness.url("0")] * 3
            for contender in CONTENDERS:
                with self.subTest(contender):
                    self.assertEqual(0, ask(contender, urls, "-roots", certificate)["failed"])
                    self.assertEqual(3, ask(contender, urls)["failed"])


if __name__ == "__main__":
    unittest.main()
