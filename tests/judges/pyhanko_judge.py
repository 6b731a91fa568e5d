#!/usr/bin/env python3
"""Asks pyHanko about PAdES files, offline: AdES-LTA now, and the same simulated some years ahead.

pyhanko_judge.py --anchors root.pem [--years 10] FILE…   prints one JSON line for each file.

"now" turns INDETERMINATE once an embedded OCSP answer is past its nextUpdate; the simulation stays as it is.
"""

import argparse
import asyncio
import datetime
import json
import logging
import sys
import warnings

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager


def specification(anchors):
    trust = SimpleTrustManager.build(trust_roots=anchors)
    policy = CertValidationPolicySpec(
        trust_manager=trust,
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    signature = SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )
    return PdfSignatureValidationSpec(signature_validation_spec=signature)


def told(result):
    sub = result.ades_subindic
    status = getattr(result, "api_status", None)
    problem = getattr(status, "error_time_horizon", None) if status else None
    out = {
        "indication": sub.status.name,
        "sub_indication": None if sub.status.name == "PASSED" else sub.name,
        "message": result.failure_msg,
    }
    if problem:
        out["error_time_horizon"] = problem.isoformat()
    if status is not None:
        out["bottom_line"] = bool(status.bottom_line)
        out["coverage"] = getattr(getattr(status, "coverage", None), "name", None)
        level = getattr(status, "modification_level", None)
        out["modification"] = level.name if level is not None else None
    return out


async def judge(path, spec, years):
    out = {"file": path, "signatures": []}
    with open(path, "rb") as handle:
        reader = PdfFileReader(handle)
        length = handle.seek(0, 2)
        ends = [0]
        for embedded in reader.embedded_signatures:
            _, _, start, count = (int(n) for n in embedded.byte_range)
            ends.append(start + count)
        out["covers_last_byte"] = max(ends) == length
        for embedded in reader.embedded_regular_signatures:
            one = {"field": embedded.field_name}
            try:
                one["now"] = told(await ades.ades_lta_validation(embedded, spec))
            except Exception as error:  # a judge's stumble is an answer too
                one["now"] = {"indication": "ERROR", "message": repr(error)}
            try:
                then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=365 * years)
                one["later"] = told(await ades.simulate_future_ades_lta_validation(embedded, spec, then))
            except Exception as error:
                one["later"] = {"indication": "ERROR", "message": repr(error)}
            out["signatures"].append(one)
    passed = [s[when]["indication"] == "PASSED" for s in out["signatures"] for when in ("now", "later")]
    out["clean"] = bool(passed) and all(passed) and out["covers_last_byte"]
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--anchors", required=True)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    spec = specification(list(load_certs_from_pemder([arguments.anchors])))
    for path in arguments.files:
        try:
            out = asyncio.run(judge(path, spec, arguments.years))
        except Exception as error:
            out = {"file": path, "error": repr(error), "clean": False}
        print(json.dumps(out, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
