"""A door that speaks TLS before a plain server of this machine, for clients that insist on https.

The same port also takes plain connections: a server behind it, which knows of no TLS, names itself with http.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# What a TLS connection begins with.
HANDSHAKE = 0x16


@dataclass(frozen=True)
class Front:
    """The door: its `port`, and the certificate that a client has to trust."""

    port: int
    certificate: Path


@contextmanager
def tls_front(behind: int, folder: Path) -> Iterator[Front]:
    """A door before the port `behind`."""
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            first = self.request.recv(1, socket.MSG_PEEK)
            with suppress(OSError), socket.create_connection(("127.0.0.1", behind)) as inner:
                outer = self.request
                if first and first[0] == HANDSHAKE:
                    outer = context.wrap_socket(outer, server_side=True)
                back = threading.Thread(target=_pass_on, args=(inner, outer), daemon=True)
                back.start()
                _pass_on(outer, inner)
                back.join(5)
                outer.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Front(server.server_address[1], certificate)
        finally:
            server.shutdown()
            thread.join()


def _pass_on(here: Any, there: Any) -> None:
    with suppress(OSError):
        while chunk := here.recv(65536):
            there.sendall(chunk)
    with suppress(OSError):
        there.shutdown(socket.SHUT_WR)


def _certificate(folder: Path) -> Path:
    """A key and a certificate of localhost in one file, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "localhost.pem"
    path.write_bytes(written + certificate.public_bytes(serialization.Encoding.PEM))
    return path
