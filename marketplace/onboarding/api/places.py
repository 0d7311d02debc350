"""How countries write addresses and name their numbers: labels and choices, never what is required.

What is required is Stripe's to say, account by account. Here stands only how to ask for it so that
people recognise it: an American looks for "State" and "ZIP code", a German for neither. The rule
that bites: a country that is not described must still be asked, so everything has a default.
https://docs.stripe.com/connect/required-verification-information
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The words of one country. `states` is empty where the region is typed, if asked at all."""

    postal_code: str = "Postal code"
    state: str = "State or region"
    states: Choices = ()
    city: str = "City"
    id_number: str = "Personal identification number"
    tax_id: str = "Company registration or tax number"
    account_number: str = "Account number"
    routing_number: str = ""
    asks_state: bool = False


def _pairs(words: str) -> Choices:
    found = (row.strip().split(" ", 1) for row in words.split(","))
    return tuple((code, name) for code, name in found)


_US = _pairs(
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,"
    "DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,"
    "IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,"
    "MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,"
    "NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,"
    "OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,PR Puerto Rico,RI Rhode Island,"
    "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,"
    "WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming"
)
_CA = _pairs(
    "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,"
    "NT Northwest Territories,NS Nova Scotia,NU Nunavut,ON Ontario,PE Prince Edward Island,"
    "QC Quebec,SK Saskatchewan,YT Yukon"
)
_AU = _pairs(
    "ACT Australian Capital Territory,NSW New South Wales,NT Northern Territory,QLD Queensland,"
    "SA South Australia,TAS Tasmania,VIC Victoria,WA Western Australia"
)
_IBAN = frozenset(
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GI GR HR HU IE IT LI LT LU LV MC MT NL NO PL PT RO SE "
    "SI SK SM".split()
)
_KNOWN: Mapping[str, Place] = {
    "US": Place(
        postal_code="ZIP code",
        state="State",
        states=_US,
        id_number="Social Security number",
        tax_id="Employer Identification Number (EIN)",
        routing_number="Routing number",
        asks_state=True,
    ),
    "CA": Place(
        state="Province or territory",
        states=_CA,
        id_number="Social Insurance Number",
        tax_id="Business Number",
        routing_number="Transit and institution number",
        asks_state=True,
    ),
    "AU": Place(
        postal_code="Postcode",
        state="State or territory",
        states=_AU,
        city="Suburb or city",
        tax_id="ACN or ABN",
        routing_number="BSB",
        asks_state=True,
    ),
    "GB": Place(
        postal_code="Postcode",
        state="County",
        city="Town or city",
        id_number="National Insurance number",
        tax_id="Company number",
        routing_number="Sort code",
    ),
    "IE": Place(
        postal_code="Eircode",
        state="County",
        city="Town or city",
        id_number="PPS number",
        tax_id="Company registration number",
        asks_state=True,
    ),
    "DE": Place(tax_id="Handelsregister number (HRA or HRB)", id_number="Steuernummer"),
    "AT": Place(tax_id="Firmenbuch number"),
    "CH": Place(tax_id="UID (CHE-…)", state="Canton"),
    "FR": Place(tax_id="SIREN"),
    "BE": Place(tax_id="Enterprise number (KBO/BCE)"),
    "NL": Place(tax_id="KvK number", id_number="BSN"),
    "ES": Place(tax_id="CIF", id_number="NIF or NIE", state="Province"),
    "IT": Place(tax_id="REA number", id_number="Codice fiscale", state="Province"),
    "PT": Place(tax_id="NIPC", id_number="NIF"),
    "SE": Place(tax_id="Organisationsnummer", id_number="Personnummer"),
    "DK": Place(tax_id="CVR number", id_number="CPR number"),
    "NO": Place(tax_id="Organisasjonsnummer", id_number="Fødselsnummer"),
    "FI": Place(tax_id="Y-tunnus", id_number="Henkilötunnus"),
    "PL": Place(tax_id="NIP", id_number="PESEL"),
    "JP": Place(state="Prefecture", routing_number="Bank and branch code"),
    "SG": Place(id_number="NRIC or FIN", tax_id="UEN", routing_number="Bank and branch code"),
    "HK": Place(
        id_number="Hong Kong identity card number",
        tax_id="Business registration number",
        routing_number="Clearing and branch code",
    ),
    "NZ": Place(postal_code="Postcode", tax_id="NZBN", id_number="IRD number"),
    "BR": Place(
        postal_code="CEP",
        state="State",
        id_number="CPF",
        tax_id="CNPJ",
        routing_number="Bank and branch code",
        asks_state=True,
    ),
    "MX": Place(state="State", id_number="RFC", tax_id="RFC", account_number="CLABE"),
    "IN": Place(postal_code="PIN code", state="State", id_number="PAN", routing_number="IFSC"),
    "MY": Place(state="State", id_number="NRIC", routing_number="Bank code"),
    "TH": Place(state="Province", id_number="National ID", routing_number="Bank code"),
}
_DEFAULT = Place()
# Called so by everybody there, in whichever language they read.
_NAMES = frozenset(
    "ABN BSB BSN CEP CIF CLABE CNPJ CPF Eircode IBAN IFSC KvK NIF NIP NIPC NZBN PAN PESEL RFC "
    "SIREN UEN Henkilötunnus Organisasjonsnummer Organisationsnummer Personnummer "
    "Steuernummer Y-tunnus Fødselsnummer".split()
) | {"Codice fiscale", "UID (CHE-…)"}


def place(country: str) -> Place:
    """The words of this country, by its two letters; a plain set for one that is not described."""
    return _KNOWN.get(country, _DEFAULT)


def wordings() -> Iterator[str]:
    """Every label that can be said in another language, for translators."""
    for it in (_DEFAULT, *_KNOWN.values()):
        labels = (it.postal_code, it.state, it.city, it.id_number, it.tax_id, it.routing_number)
        yield from (text for text in (*labels, it.account_number) if text not in _NAMES)


def account_number(country: str) -> str:
    """What the number of a bank account is called there."""
    return "IBAN" if country in _IBAN else place(country).account_number
