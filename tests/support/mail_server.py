"""A mail server on this machine: TLS from the start or by STARTTLS, with what it was told and the letters it took."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel import clock

NAME = "localhost"


@dataclass
class MailServer:
    """What a test sets and sees. `most` letters go over one connection, then the server ends it, as many do."""

    is_tls: bool = True
    most: int = 1_000
    refused: set[str] = field(default_factory=set)  # addresses that it takes no letter for
    calls: int = 0
    logins: list[str] = field(default_factory=list)
    letters: list[tuple[str, str]] = field(default_factory=list)  # to whom, and the whole text
    port: int = 0


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this name that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, kept = folder / "server.crt", folder / "server.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain, pkcs8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    kept.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    return shown, kept


@contextmanager
def mail_server(told: MailServer, shown: Path, kept: Path) -> Iterator[MailServer]:
    """Serve until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)

    class Talk(StreamRequestHandler):
        def handle(self) -> None:
            told.calls += 1
            self._secure = told.is_tls
            if told.is_tls:
                self._wrap()
            self._say("220 ready")
            taken, to = 0, ""
            while words := self.rfile.readline().decode().strip():
                verb, _space, rest = words.partition(" ")
                verb = verb.upper()
                if verb == "EHLO":
                    self._say("250-here", "250 AUTH PLAIN" if self._secure else "250 STARTTLS")
                elif verb == "STARTTLS":
                    self._say("220 go on")
                    self._wrap()
                elif verb == "AUTH":
                    told.logins.append(rest)
                    self._say("235 welcome")
                elif verb == "RCPT":
                    to = rest.partition("<")[2].partition(">")[0]
                    self._say("550 nobody of that name" if to in told.refused else "250 fine")
                elif verb == "DATA":
                    self._say("354 go on")
                    told.letters.append((to, "".join(iter(lambda: self.rfile.readline().decode(), ".\r\n"))))
                    self._say("250 taken")
                    taken += 1
                    if taken == told.most:
                        return
                elif verb == "QUIT":
                    self._say("221 goodbye")
                    return
                else:
                    self._say("250 fine")

        def _wrap(self) -> None:
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile: Any = self.connection.makefile("rb")
            self._secure = True

        def _say(self, *lines: str) -> None:
            self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

        def finish(self) -> None:
            self.connection.close()

    with ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
