"""A self-signed certificate for this machine, kept in the data directory."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cwp_shared.clock import Clock

_LIFE = timedelta(days=365)
#: A certificate that ends sooner is made anew.
_LEAST_LEFT = timedelta(days=7)
#: Clocks of clients may be behind.
_EARLIER = timedelta(hours=1)
_KEY_MODE = 0o600


@dataclass(frozen=True)
class Certificate:
    """Two PEM files; `certificate` is what a client must trust."""

    certificate: Path
    key: Path


def certificate_in(directory: Path, clock: Clock) -> Certificate:
    """The certificate of a data directory, made if there is none that is still good.

    It is for localhost and 127.0.0.1. Only this user may read the key.
    """
    directory.mkdir(parents=True, exist_ok=True)
    found = Certificate(directory / "sandbox-cert.pem", directory / "sandbox-key.pem")
    now = clock()
    if not _is_good(found, now):
        key = ec.generate_private_key(ec.SECP256R1())
        # The key first: a certificate without its key would not be taken for good.
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(found.key, pem, _KEY_MODE)
        _write(found.certificate, _signed(key, now).public_bytes(Encoding.PEM), 0o644)
    return found


def _is_good(found: Certificate, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        key = load_pem_private_key(found.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return False
    fits = _public(key.public_key()) == _public(certificate.public_key())
    lasts = certificate.not_valid_after_utc >= now + _LEAST_LEFT
    hidden = found.key.stat().st_mode & 0o777 == _KEY_MODE
    return fits and lasts and hidden and certificate.not_valid_before_utc <= now


def _signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ConnectWise sandbox")])
    addresses = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        # Whoever trusts it trusts this server alone, and nothing that its key might sign.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(subject_key, critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _public(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place complete, never readable by more than `mode` says."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    partial.rename(path)
