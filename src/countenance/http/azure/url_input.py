"""Fetch a picture from an address that a caller named: off unless the operator lists hosts, and bounded in every way.

Whoever can name an address can make this machine speak to it. So: only http and https, only listed hosts and ports,
no private, loopback, link-local or otherwise special address after resolution, the connection goes to the very
address that was looked at (a name that resolves differently a moment later changes nothing), all of it again for
every redirect, and size and time are bounded. No proxy, cookie or credential is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from countenance.http.azure.faults import image_too_big, invalid_url
from countenance.http.azure.limits import MAX_IMAGE

SECONDS = 10.0
"""From the first look at the address to the last byte, redirects and all."""
MOST_REDIRECTS = 3
MOST_URL = 2048
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that carries an IPv4 address within (RFC 6052, 8215, 3056, 4380): what it reaches is not to be seen from it."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to connect, after every check."""

    split: SplitResult
    host: str
    port: int
    address: str


def fetch(address: str, hosts: Sequence[str], networks: Sequence[str]) -> bytes:
    """The bytes that ``address`` gives, at most 6 MB; raises InvalidURL, InvalidImageSize.

    ``hosts``: ``pictures.example.org``, ``.example.org`` for every name below it, with ``:PORT`` where it is not the
    usual one. ``networks`` (CIDR): special address ranges that are permitted all the same.
    """
    until = time.monotonic() + SECONDS
    permitted = [ipaddress.ip_network(one) for one in networks]
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(_checked(address, hosts, permitted), until)
        if isinstance(answer, bytes):
            return answer
        address = urljoin(address, answer)
    raise invalid_url("It redirects too often.")


def _checked(address: str, hosts: Sequence[str], permitted: Sequence[_Network]) -> _Target:
    if len(address) > MOST_URL or not address.isascii() or not address.isprintable() or " " in address:
        raise invalid_url("It is no address.")
    try:
        split = urlsplit(address)
        host, port = (split.hostname or "").rstrip("."), split.port
    except ValueError:
        raise invalid_url("It is no address.") from None
    if split.scheme not in _PORTS or not host or split.username is not None or split.password is not None:
        raise invalid_url("Only plain http and https addresses are fetched.")
    port = _PORTS[split.scheme] if port is None else port
    if not any(_listed(entry, host, port, _PORTS[split.scheme]) for entry in hosts):
        raise invalid_url("Its host is not among those that this service fetches from (setting url_hosts).")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise invalid_url("Its host was not found.") from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not addresses or not all(_public(one, permitted) for one in addresses):
        raise invalid_url("Its host lies in a private or special network.")
    return _Target(split, host, port, addresses[0])


def _listed(entry: str, host: str, port: int, usual: int) -> bool:
    name, colon, said = entry.lower().rpartition(":")
    if not colon or not said.isdecimal():
        name, said = entry.lower(), str(usual)
    name = name.strip("[]")
    return port == int(said) and (host.endswith(name) and host != name[1:] if name.startswith(".") else host == name)


def _public(address: str, permitted: Sequence[_Network]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in network for network in permitted if network.version == ip.version):
        return True
    special = ip.is_multicast or ip.is_unspecified or ip.is_reserved or ip.is_link_local or ip.is_loopback
    return ip.is_global and not special and not any(ip in n for n in _TRANSLATED if n.version == ip.version)


def _ask(target: _Target, until: float) -> bytes | str:
    """The body, or where a redirect leads; the socket is cut when the time is up, whatever the other end does."""
    left = until - time.monotonic()
    if left <= 0:
        raise _too_slow()
    try:
        raw = socket.create_connection((target.address, target.port), timeout=left)
    except OSError:
        raise invalid_url("Its host cannot be reached.") from None
    # A handle of its own: wrapping the socket in TLS takes the first one away.
    handle = raw.dup()
    cut = threading.Timer(left, _cut, (handle,))
    cut.daemon = True
    cut.start()
    try:
        return _exchange(target, raw, until)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _too_slow() if time.monotonic() >= until else invalid_url("Its host did not answer well.") from error
    finally:
        cut.cancel()
        handle.close()
        raw.close()


def _exchange(target: _Target, raw: socket.socket, until: float) -> bytes | str:
    secure = target.split.scheme == "https"
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=target.host) if secure else raw
    path = (target.split.path or "/") + (f"?{target.split.query}" if target.split.query else "")
    usual = target.port == _PORTS[target.split.scheme]
    host = f"[{target.host}]" if ":" in target.host else target.host
    headers = {"Host": host if usual else f"{host}:{target.port}", "Accept": "image/*", "Connection": "close"}
    try:
        connection.request("GET", path, headers=headers | {"User-Agent": "countenance", "Accept-Encoding": "identity"})
        response = connection.getresponse()
        if response.status in _REDIRECTS:
            return response.getheader("Location") or ""
        if response.status != 200:
            raise invalid_url(f"Its host answered with status {response.status}.")
        if (response.length or 0) > MAX_IMAGE:
            raise image_too_big()
        data = response.read(MAX_IMAGE + 1)
        if len(data) > MAX_IMAGE:
            raise image_too_big()
        # A body without a length ends where the connection does, cut or not.
        if time.monotonic() >= until:
            raise _too_slow()
        if response.length:
            raise invalid_url("Its host sent less than it said.")
        return data
    finally:
        connection.close()


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed already
        return


def _too_slow() -> Exception:
    return invalid_url(f"It took longer than {SECONDS:.0f} seconds.")
