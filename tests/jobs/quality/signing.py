"""Content credentials made in a test: a root and a signer of its own, and files signed with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

TRAINED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True)
class Signer:
    """Certificates and keys as PEM. `root` is what a site that trusts this signer would configure."""

    chain: bytes
    root: str
    key: bytes


def make_signer(*, asks_at: str = "", ends_in: timedelta = timedelta(days=365)) -> Signer:
    """A root and a leaf as the C2PA profile wants them; `asks_at` is where its revocation would be asked."""
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    ) | {"encipher_only": False, "decipher_only": False}
    root = (
        _certificate("Test root", root_key, timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), critical=True
        )
        .sign(root_key, hashes.SHA256())
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = (
        _certificate("Test signer", leaf_key, ends_in)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage), critical=True
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .add_extension(issuer, critical=False)
    )
    if asks_at:
        place = x509.UniformResourceIdentifier(asks_at)
        asked = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        leaf = leaf.add_extension(x509.AuthorityInformationAccess([asked]), critical=False)
    signed = leaf.sign(root_key, hashes.SHA256())
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in (signed, root)]
    key = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer(chain=b"".join(pem), root=pem[1].decode(), key=key)


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, ends_in: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("Test root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + ends_in)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    told = {NameOID.COUNTRY_NAME: "GB", NameOID.ORGANIZATION_NAME: "Test studio", NameOID.COMMON_NAME: common}
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in told.items()])


def manifest(source: str = TRAINED, when: str = "2026-11-20T10:00:00Z") -> dict[str, Any]:
    created = {
        "action": "c2pa.created",
        "digitalSourceType": source,
        "softwareAgent": {"name": "Example video model", "version": "1"},
        "when": when,
    }
    return {
        "claim_generator_info": [{"name": "Clip studio", "version": "0.1"}],
        "format": "video/mp4",
        "title": "Shot 3",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }


def sign(
    source: Path,
    target: Path,
    signer: Signer,
    told: Mapping[str, Any] | None = None,
    *,
    kept_at: str = "",
    made_of: Path | None = None,
) -> Path:
    """Sign a file. With `kept_at` its credentials are not in it, and it says that they are kept there;
    `made_of` is the signed file that it was made of.
    """
    # No time stamp: the one address that signing could ask is not given.
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=signer.chain, private_key=signer.key, ta_url=None)
    with c2pa.Signer.from_info(info) as stamp, c2pa.Builder(dict(told or manifest())) as builder:
        if kept_at:
            builder.set_no_embed()
            builder.set_remote_url(kept_at)
        if made_of is not None:
            first = {"title": "First", "relationship": "parentOf", "instance_id": "first", "label": "first"}
            with made_of.open("rb") as file:
                builder.add_ingredient(first, "video/mp4", file)
        builder.sign_file(str(source), str(target), stamp)
    return target
