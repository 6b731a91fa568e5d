#!/usr/bin/env python3
"""pyHanko seals one PDF to PAdES B-LTA again and again in one process: same token, authority and anchors as ours.

Usage: seal.py HOME PDF OUT_DIR DOCUMENTS WARM_UP cached|fresh
One PKCS#11 session for all documents. cached: one validation context too, so that certificates, OCSP and CRLs are fetched
during the warm-up only, and the OCSP answer is older than the timestamps it should speak about. fresh: a context for each
document that knows the roots' CRLs and asks for the signer's status, as ours does. Its mark is pyHanko's own text stamp (no font to embed): the cheaper case.
"""
import json, resource, sys, time, urllib.request

from asn1crypto import pem, x509
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext


def main():
    home, pdf, out, documents, warm_up = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    authority = f"{home}/authority"
    pin = open(f"{authority}/pin").read().strip()
    address = open(f"{authority}/address").read().strip()
    roots = [x509.Certificate.load(der) for _, _, der in pem.unarmor(open(f"{authority}/root.pem", "rb").read(), multiple=True)]
    issuer = x509.Certificate.load(open(f"{authority}/certificates/ca.crt", "rb").read())
    session = open_pkcs11_session(
        "/usr/lib/softhsm/libsofthsm2.so", token_criteria=TokenCriteria(label="mocban"), user_pin=pin
    )
    signer = PKCS11Signer(session, cert_label="archive", key_label="archive", ca_chain=[issuer])
    # SoftHSM2 signs with ECDSA only what was hashed before.
    signer.use_raw_mechanism = signer.signing_cert.public_key.algorithm == "ec"
    stamper = timestamps.HTTPTimeStamper(f"http://{address}/tsa")
    lists = [urllib.request.urlopen(f"http://{address}/{stem}.crl").read() for stem in ("root", "tsa-root")]

    def new_context():
        return ValidationContext(
            trust_roots=roots, other_certs=[issuer], crls=lists, allow_fetching=True, revocation_mode="hard-fail"
        )

    shared = new_context() if sys.argv[6] == "cached" else None

    def seal(number):
        with open(pdf, "rb") as source, open(f"{out}/{number:04}.pdf", "w+b") as target:
            meta = signers.PdfSignatureMetadata(
                field_name="Archive",
                subfilter=fields.SigSeedSubFilter.PADES,
                md_algorithm="sha256",
                certify=True,
                docmdp_permissions=fields.MDPPerm.FILL_FORMS,
                embed_validation_info=True,
                use_pades_lta=True,
                validation_context=shared or new_context(),
            )
            spec = fields.SigFieldSpec("Archive", on_page=0, box=(14, 785, 142, 828))
            style = TextStampStyle(stamp_text="Signed by: %(signer)s\nTime: %(ts)s")
            pdf_signer = signers.PdfSigner(meta, signer, timestamper=stamper, new_field_spec=spec, stamp_style=style)
            pdf_signer.sign_pdf(IncrementalPdfFileWriter(source), output=target)

    for number in range(warm_up):
        seal(number)
    cpu, wall = time.process_time(), time.monotonic()
    for number in range(documents):
        seal(number)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = {"cpu_ms_each": cpu * 1e3 / documents, "wall_ms_each": wall * 1e3 / documents, "peak_kib": peak}
    print(json.dumps({"documents": documents, **cost}))


main()
