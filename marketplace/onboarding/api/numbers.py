"""Identification numbers, as Accounts v2 wants them: a list in which each says of what kind it is.

v1 has `id_number`, `ssn_last_4`, `tax_id`, `vat_id` and knows by the country what they are; v2 has
to be told. The rule that bites: the list replaces the one before, and Stripe tells back only the
kinds.
https://docs.stripe.com/api/v2/core/accounts/update#v2_update_accounts-identity-individual-id_numbers
"""

from collections.abc import Mapping
from typing import Any

LAST_FOUR = 4
_OF_PEOPLE: Mapping[str, str] = {
    "AE": "ae_eid", "AR": "ar_dni", "AT": "at_stn", "BE": "be_nrn", "BG": "bg_ucn",
    "BR": "br_cpf", "CA": "ca_sin", "CH": "ch_oasi", "CL": "cl_rut", "CO": "co_nuip",
    "CR": "cr_ci", "CY": "cy_tic", "CZ": "cz_rc", "DE": "de_stn", "DK": "dk_cpr",
    "EE": "ee_ik", "ES": "es_nif", "FI": "fi_hetu", "FR": "fr_nir", "GB": "gb_nino",
    "GR": "gr_afm", "HK": "hk_id", "HR": "hr_oib", "HU": "hu_ad", "ID": "id_nik",
    "IE": "ie_ppsn", "IS": "is_kt", "IT": "it_cf", "JP": "jp_inc", "KE": "ke_pin",
    "LI": "li_peid", "LT": "lt_ak", "LU": "lu_nif", "LV": "lv_pk", "MX": "mx_rfc",
    "MY": "my_nric", "NG": "ng_nin", "NL": "nl_bsn", "NO": "no_nin", "NZ": "nz_ird",
    "PE": "pe_dni", "PL": "pl_pesel", "PT": "pt_nif", "RO": "ro_cnp", "SE": "se_pin",
    "SG": "sg_nric", "SK": "sk_dic", "TH": "th_pin", "TR": "tr_tin", "US": "us_ssn",
    "UY": "uy_dni", "ZA": "za_id",
}  # fmt: skip
_OF_COMPANIES: Mapping[str, str] = {
    "AE": "ae_crn", "AR": "ar_cuit", "AT": "at_fn", "AU": "au_acn", "BE": "be_cbe",
    "BG": "bg_uic", "BR": "br_cnpj", "CA": "ca_cn", "CH": "ch_uid", "CR": "cr_cpj",
    "CY": "cy_he", "CZ": "cz_ico", "DE": "de_hrn", "DK": "dk_cvr", "EE": "ee_rk",
    "ES": "es_cif", "FI": "fi_yt", "FR": "fr_siren", "GB": "gb_crn", "GI": "gi_crn",
    "GR": "gr_gemi", "HK": "hk_br", "HR": "hr_mbs", "HU": "hu_cjs", "IE": "ie_crn",
    "IT": "it_rea", "JP": "jp_cn", "LI": "li_uid", "LT": "lt_ccrn", "LU": "lu_rcs",
    "LV": "lv_urn", "MT": "mt_crn", "MX": "mx_rfc", "MY": "my_brn", "NL": "nl_kvk",
    "NO": "no_orgnr", "NZ": "nz_bn", "PE": "pe_ruc", "PL": "pl_nip", "PT": "pt_vat",
    "RO": "ro_cui", "SE": "se_orgnr", "SG": "sg_uen", "SI": "si_msp", "SK": "sk_ico",
    "TH": "th_crn", "US": "us_ein",
}  # fmt: skip
_NUMBERS = frozenset(
    "id_number id_number_secondary ssn_last_4 company.tax_id company.vat_id "
    "company.registration_number company.tax_id_registrar".split()
)


def is_number(code: str) -> bool:
    """Whether an answer of this name goes into a list of numbers."""
    return code in _NUMBERS or code.removeprefix("individual.") in _NUMBERS


def of_person(answers: Mapping[str, Any], country: str, prefix: str) -> list[dict[str, str]]:
    """The list of a person's numbers; `prefix` stands before the names (`individual.`)."""
    found = []
    for name in ("id_number", "ssn_last_4", "id_number_secondary"):
        value = str(answers.get(f"{prefix}{name}") or "")
        if value:
            found.append({"type": _kind(name, value, country), "value": value})
    return found


def _kind(name: str, value: str, country: str) -> str:
    if country == "US":
        return "us_ssn_last_4" if len(value) == LAST_FOUR else "us_ssn"
    if name == "id_number_secondary":
        return "th_lc"
    # Where the table has no kind, Stripe's own pattern is followed and Stripe says if it is wrong.
    return _OF_PEOPLE.get(country, f"{country.lower()}_tin")


def of_company(answers: Mapping[str, Any], country: str) -> list[dict[str, str]]:
    """The list of a company's numbers."""
    found = []
    low = country.lower()
    kinds = {
        "company.tax_id": _OF_COMPANIES.get(country, f"{low}_tin"),
        "company.registration_number": _OF_COMPANIES.get(country, f"{low}_crn"),
        "company.vat_id": f"{low}_vat",
    }
    for code, kind in kinds.items():
        if value := answers.get(code):
            one = {"type": kind, "value": str(value)}
            if kind == "de_hrn" and answers.get("company.tax_id_registrar"):
                one["registrar"] = str(answers["company.tax_id_registrar"])
            found.append(one)
    return found


def given(told: Mapping[str, Any], prefix: str) -> frozenset[str]:
    """Which numbers Stripe says that it has, by the names of v1 with `prefix` before them.

    The last four digits of an American's number count as the number: v2 asks for both in one.
    """
    kinds = [str(one.get("type")) for one in told.get("id_numbers") or ()]
    if prefix != "company.":
        return frozenset(f"{prefix}id_number" for _ in kinds)
    return frozenset("company.vat_id" if it.endswith("_vat") else "company.tax_id" for it in kinds)
