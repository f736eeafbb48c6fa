"""Addresses: only listed hosts, never a private network, whatever a redirect or a name says; bounded."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from countenance.http.azure import url_input
from countenance.http.azure.faults import Fault
from countenance.http.azure.limits import MAX_IMAGE

LOOPBACK = ("127.0.0.0/8",)
BODY = b"\xff\xd8\xff" + b"x" * 5000


class _Pictures(BaseHTTPRequestHandler):
    """Gives a picture, leads elsewhere, drips, or says too much."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        match self.path:
            case "/picture?a=1":
                self._say(200, BODY)
            case "/away":
                self._say(302, b"", Location="http://169.254.169.254/latest/meta-data")
            case "/round":
                self._say(307, b"", Location="/round")
            case "/once":
                self._say(301, b"", Location=f"http://127.0.0.1:{port}/picture?a=1")
            case "/file":
                self._say(302, b"", Location="file:///etc/passwd")
            case "/large":
                self.send_response(200)
                self.send_header("Content-Length", str(MAX_IMAGE + 1))
                self.end_headers()
            case "/endless":
                self.send_response(200)
                self.end_headers()
                for _ in range(120):
                    self.wfile.write(b"x" * 65536)
            case "/short":
                self.send_response(200)
                self.send_header("Content-Length", "9000")
                self.end_headers()
                self.wfile.write(b"half")
            case "/drip":
                self.send_response(200)
                self.end_headers()
                while not self.server.stopped.wait(0.05):  # type: ignore[attr-defined]
                    self.wfile.write(b".")
            case _:
                self._say(404, b"")

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError):  # the fetcher has left
            super().handle()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        server.daemon_threads = True
        server.stopped = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.stopped.set()  # type: ignore[attr-defined]
        server.shutdown()


def fetched(port: int, path: str, networks: tuple[str, ...] = LOOPBACK) -> bytes:
    return url_input.fetch(f"http://127.0.0.1:{port}{path}", (f"127.0.0.1:{port}",), networks)


@pytest.mark.parametrize("path", ["/picture?a=1", "/once"])
def test_a_listed_host_gives_its_picture(port: int, path: str) -> None:
    assert fetched(port, path) == BODY


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/away", "InvalidURL"),
        ("/round", "InvalidURL"),
        ("/file", "InvalidURL"),
        ("/large", "InvalidImageSize"),
        ("/endless", "InvalidImageSize"),
        ("/short", "InvalidURL"),
        ("/missing", "InvalidURL"),
    ],
)
def test_what_a_host_may_not_do(port: int, path: str, code: str) -> None:
    with pytest.raises(Fault) as raised:
        fetched(port, path)
    assert raised.value.code == code


def test_a_host_that_drips_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_input, "SECONDS", 0.4)
    with pytest.raises(Fault, match="longer than"):
        fetched(port, "/drip")


def test_a_listed_host_in_a_private_network_is_not_asked(port: int) -> None:
    with pytest.raises(Fault, match="private or special network"):
        fetched(port, "/picture?a=1", ())


@pytest.mark.parametrize(
    "address",
    [
        "ftp://pictures.example/a.jpg",
        "file:///etc/passwd",
        "http://user:word@pictures.example/a.jpg",
        "http://pictures.example:81/a.jpg",
        "http://other.example/a.jpg",
        "http://pictures.example.evil.example/a.jpg",
        "http://pictures.example@evil.example/a.jpg",
        "http://evil.example\\@pictures.example/",
        "http://pictures.example/a b",
        "http://pictures.example/\r\nHost: x",
        "http://[::1",
        "http://pictures.example:99999/",
        "http://" + "a" * 3000,
        "",
    ],
)
def test_an_address_that_is_not_listed_is_not_even_looked_up(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*_: Any, **__: Any) -> Any:
        raise AssertionError("was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with pytest.raises(Fault) as raised:
        url_input.fetch(address, ("pictures.example",), ())
    assert raised.value.code == "InvalidURL"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_special_addresses(address: str) -> None:
    assert not url_input._public(address, ())


def test_public_addresses_and_permitted_networks() -> None:
    from ipaddress import ip_network

    assert all(url_input._public(one, ()) for one in ("93.184.216.34", "2606:2800:220:1::1"))
    assert url_input._public("10.1.2.3", [ip_network("10.0.0.0/8")])


@pytest.mark.parametrize(
    ("entry", "host", "port", "listed"),
    [
        ("a.example", "a.example", 443, True),
        ("a.example", "b.a.example", 443, False),
        (".example", "b.a.example", 443, True),
        (".a.example", "a.example", 443, False),
        (".a.example", "xa.example", 443, False),
        ("a.example:8443", "a.example", 8443, True),
        ("a.example:8443", "a.example", 443, False),
        ("[2001:db8::1]:443", "2001:db8::1", 443, True),
    ],
)
def test_who_is_listed(entry: str, host: str, port: int, *, listed: bool) -> None:
    assert url_input._listed(entry, host, port, 443) is listed
