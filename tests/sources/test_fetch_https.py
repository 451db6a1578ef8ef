"""`fetch --from https://…`: a real git, over TLS, against git's own server program on this machine."""

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from archives import call, envelope, git, new_repository
from builders import allowing

x509 = pytest.importorskip("cryptography.x509")
BACKEND = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1, signed by itself, with its key; return the file."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(made.public_bytes(encoding) + private)
    return file


class _Git(BaseHTTPRequestHandler):
    """Hands each request to `git http-backend`."""

    protocol_version = "HTTP/1.1"
    root: Path

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:9{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        environment = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(
            [BACKEND / "git-http-backend"], input=body, env=environment, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        facts = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(facts.pop("Status", "200").split()[0]))
        for header, value in facts.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return an address under which the repositories of a folder are served, and the certificate to trust."""
    if not (BACKEND / "git-http-backend").exists():
        pytest.skip("this git has no http-backend")
    file = certificate(tmp_path)
    handler = type("Handler", (_Git,), {"root": tmp_path})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://127.0.0.1:{running.server_port}", file
    running.shutdown()
    running.server_close()


def test_a_repository_is_followed_over_https(tmp_path: Path, server: tuple[str, Path]) -> None:
    address, trusted = server
    public = new_repository(
        tmp_path / "public", {"iam/Reader": envelope("v1", "2024-01-01T00:00:00Z", allowing("s3:GetObject"))}
    )
    mine = new_repository(tmp_path / "mine")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "GIT_SSL_CAINFO": str(trusted)}

    def fetch(repository: str, **more: str) -> tuple[int, str]:
        arguments = ("fetch", "--from", f"{address}/{repository}", "--path", "iam", "--commit")
        ended = call(*arguments, folder=mine, environment=environment | more)
        return ended.returncode, ended.stderr.decode()

    assert fetch("public/.git") == (0, "1 policy, 1 changed, 1 version added, 1 commit\n")
    assert fetch("public/.git") == (0, "1 policy, 0 changed, 0 versions added, 0 commits\n")
    (public / "iam/Reader").write_bytes(
        envelope("v2", "2024-02-01T00:00:00Z", allowing("s3:GetObject", "s3:PutObject"))
    )
    git(public, "commit", "--quiet", "--all", "--message=More")
    assert fetch("public/.git") == (0, "1 policy, 1 changed, 1 version added, 1 commit\n")
    for refused in (fetch("elsewhere/.git"), fetch("missing/.git"), fetch("public/.git", GIT_SSL_CAINFO=os.devnull)):
        assert refused[0] == 5
        assert refused[1].count("\n") == 1
    assert len(git(mine, "log", "--format=%s").splitlines()) == 2
