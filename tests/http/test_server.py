"""A real server on the wire: its bounds, its signals, its health; what goes wrong goes wrong clearly."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.founded import founded
from tests.http.conftest import PROGRAM, Server

from countenance.http.wire import MOST_CONNECTIONS
from countenance.terms.key_role import KeyRole


def talk(server: Server, sent: bytes, *, patience: float = 5.0) -> bytes:
    """Send bytes as they are; everything that comes back until the other end closes, or stays silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as line:
        line.sendall(sent)
        said = b""
        try:
            while more := line.recv(65536):
                said += more
        except (TimeoutError, ConnectionResetError):
            pass
        return said


HEAD = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
POST = b"POST /healthz HTTP/1.1\r\nhost: a\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"\r\n", 200),
        (POST + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /x", 400),
        (POST + b"content-length: 4\r\ncontent-length: 5\r\n\r\nabcde", 400),
        (POST + b"transfer-encoding: chunked, identity\r\n\r\nabc", 400),
        (POST + b"transfer-encoding: chunked\r\n\r\nzz\r\nabc", 400),
        (POST + b"content-length: -1\r\n\r\n", 400),
        (POST + b"content-length: +4\r\n\r\nabcd", 400),
        (HEAD + b"a b: c\r\n\r\n", 400),
        (HEAD + b"a : c\r\n\r\n", 400),
        (HEAD + b"a: b\r\n c: d\r\n\r\n", 400),
        (HEAD + b"a: b\x00c\r\n\r\n", 400),
        (b"GET /healthz HTTP/9.9\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", 431),
        (HEAD + b"a: " + b"b" * 40_000 + b"\r\n\r\n", 431),
        (HEAD + b"".join(b"a%d: b\r\n" % n for n in range(9000)) + b"\r\n", 431),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 414),
        (b"GET /healthz?" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 414),
        (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 404),
        (b"GET /v1/../healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 404),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else str(value),
)
def test_one_request_is_one_request(lasting_server: Server, sent: bytes, status: int) -> None:
    """Heads that two parsers could read in two ways, or that never end, are refused; the connection is closed."""
    said = talk(lasting_server, sent)
    assert said.split(b" ")[1:2] == [str(status).encode()], said[:200]
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_slow_head_is_not_waited_for(tmp_path: Path) -> None:
    """Neither silence nor a byte now and then keeps a connection."""
    from countenance.http import wire

    script = (
        "import sys\n"
        "from countenance.http import wire\n"
        "wire.HEAD_SECONDS = 0.5\n"
        "sys.argv[0] = 'countenance'\n"
        "from countenance.cli import main\n"
        "main()\n"
    )
    assert wire.HEAD_SECONDS <= 30
    server = Server(founded(tmp_path / "data"), program=(sys.executable, "-c", script)).start()
    try:
        started = time.monotonic()
        assert talk(server, b"")[:12] in (b"HTTP/1.1 408", b"")
        line = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        with line, pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012 - one of these sends fails
            for byte in HEAD * 4:
                line.sendall(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - started < 10
    finally:
        server.stop()


def test_connections_have_an_end(lasting_server: Server) -> None:
    """10,000 connections that say nothing keep nobody from being answered, and the ones too many are closed."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(10_000, (hard if hard != resource.RLIM_INFINITY else 1 << 20) - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
    open_ = []
    try:
        for _ in range(wanted):
            open_.append(socket.create_connection(("127.0.0.1", lasting_server.port), timeout=5))
        time.sleep(0.5)
        for each in open_[-100:]:
            each.settimeout(0)
        answers = []
        for each in open_[-100:]:
            try:
                answers.append(each.recv(100)[:12])
            except BlockingIOError:
                answers.append(b"open")
        assert wanted <= MOST_CONNECTIONS or set(answers) == {b"HTTP/1.1 503"}
        for each in open_[:300]:
            each.close()
        time.sleep(0.3)
        assert urllib.request.urlopen(f"{lasting_server.url}/healthz", timeout=5).status == 200
    finally:
        for each in open_:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_health_says_which_part(lasting_server: Server) -> None:
    """Alive, ready, and each part by name."""
    ready = httpx.get(f"{lasting_server.url}/readyz").json()
    assert ready == {"ready": True, "parts": dict.fromkeys(("store", "log", "models", "disk", "serving"), "ok")}


def test_metrics_are_for_neighbours_and_operators(lasting_server: Server) -> None:
    """On the loopback without a proxy, else with an operator's key; no other key sees them."""
    url = f"{lasting_server.url}/metrics"
    operator = lasting_server.key(roles=(KeyRole.OPERATOR,))
    caller = lasting_server.key()
    shown = httpx.get(url)
    assert shown.status_code == 200
    assert "countenance_requests_total" in shown.text
    assert 'countenance_references_total{stage="coarse"}' in shown.text
    assert httpx.get(url, headers={"x-forwarded-for": "10.0.0.1"}).status_code == 403
    asked = {"x-forwarded-for": "10.0.0.1", "authorization": f"Bearer {operator}"}
    assert httpx.get(url, headers=asked).status_code == 200
    assert httpx.get(url, headers={"authorization": f"Bearer {caller}"}).status_code == 403


def test_a_first_start_shows_the_first_key_once(tmp_path: Path) -> None:
    """It is an operator's; a second start says nothing of it. SIGTERM ends a server with 0."""
    server = Server(founded(tmp_path / "data")).start()
    said = server.said
    assert f"listens on {server.url}" in said
    (line,) = [each for each in said.splitlines() if "cnt_" in each]
    secret = line.rpartition(" ")[2]
    assert httpx.get(f"{server.url}/metrics", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    assert server.stop() == 0
    server.start()
    assert server.said.count("cnt_") == 1
    assert server.stop() == 0


def test_a_taken_port_is_told_at_once(lasting_server: Server, tmp_path: Path) -> None:
    """Before anything is opened."""
    data = founded(tmp_path / "data")
    words = [PROGRAM, "--data", data, "serve", "--port", str(lasting_server.port)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 13
    assert "in use" in done.stderr


def certificate(place: Path) -> tuple[Path, Path]:
    """A certificate of this test's own, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    import ipaddress

    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = place / "cert.pem", place / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


def test_tls_is_spoken_where_a_certificate_is_given(tmp_path: Path) -> None:
    """At least TLS 1.2; a certificate that cannot be used is told at once."""
    cert, key = certificate(tmp_path)
    server = Server(founded(tmp_path / "data"), words=("--tls-cert", str(cert), "--tls-key", str(key)))
    server.start(scheme="https", trusted=cert)
    try:
        assert f"https://127.0.0.1:{server.port}" in server.said
        trust = ssl.create_default_context(cafile=str(cert))
        assert httpx.get(f"https://127.0.0.1:{server.port}/healthz", verify=trust).status_code == 200
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            trust.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://127.0.0.1:{server.port}/healthz", verify=trust)
    finally:
        server.stop()
    key.write_text("no key")
    words = [PROGRAM, "--data", server.data, "serve", "--port", "0", "--tls-cert", cert, "--tls-key", key]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 13
    assert "certificate" in done.stderr


def test_without_the_packages_it_says_what_to_install(tmp_path: Path) -> None:
    """The service is an extra."""
    script = "import sys; sys.modules['uvicorn'] = None\nfrom countenance.cli import main\nmain()"
    words = [sys.executable, "-c", script, "--data", tmp_path, "serve", "--json"]
    done = subprocess.run(words[:-1], capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 13
    assert "countenance[serve]" in done.stderr


def test_log_lines_are_json(lasting_server: Server) -> None:
    """One object a line, each request with its id."""
    answer = httpx.get(f"{lasting_server.url}/v1/nowhere")
    time.sleep(0.1)
    lines = [json.loads(line) for line in lasting_server.said.splitlines() if line.startswith("{")]
    assert answer.headers["countenance-request-id"] in {line.get("request") for line in lines}
