import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from cwp_local.sandbox.tls import Certificate, certificate_in
from tests.unit.local.sandbox.clients import SteppingClock


def bytes_of(found: Certificate) -> tuple[bytes, bytes]:
    return found.certificate.read_bytes(), found.key.read_bytes()


def test_only_this_user_may_read_the_key(tmp_path: Path) -> None:
    found = certificate_in(tmp_path / "new", SteppingClock())
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in found.key.parent.iterdir()) == [
        "sandbox-cert.pem",
        "sandbox-key.pem",
    ]


def test_it_names_this_machine(tmp_path: Path) -> None:
    pem = certificate_in(tmp_path, SteppingClock()).certificate.read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_a_good_one_is_used_again(tmp_path: Path) -> None:
    clock = SteppingClock()
    first = bytes_of(certificate_in(tmp_path, clock))
    clock.forward(days=350)
    assert bytes_of(certificate_in(tmp_path, clock)) == first


def test_one_that_soon_ends_is_made_anew(tmp_path: Path) -> None:
    clock = SteppingClock()
    first = bytes_of(certificate_in(tmp_path, clock))
    clock.forward(days=360)
    assert bytes_of(certificate_in(tmp_path, clock)) != first


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found, other: found.key.write_bytes(other.key.read_bytes()),
        lambda found, _: found.key.unlink(),
        lambda found, _: found.certificate.write_text("nonsense"),
        lambda found, _: found.key.chmod(0o644),
    ],
    ids=["a key of another", "no key", "no certificate", "a key that all may read"],
)
def test_one_that_cannot_be_used_is_made_anew(
    tmp_path: Path, spoil: Callable[[Certificate, Certificate], None]
) -> None:
    clock = SteppingClock()
    found = certificate_in(tmp_path, clock)
    spoil(found, certificate_in(tmp_path / "other", clock))
    before = found.certificate.read_bytes()
    assert certificate_in(tmp_path, clock).certificate.read_bytes() != before
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
