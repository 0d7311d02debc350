"""What stands on the buyer's bank statement behind the marketplace's own name.

A card charge shows `PREFIX* SUFFIX`; the prefix is the account's, the suffix comes with the charge.
The rule that bites: both together have 22 characters with the star and the space, and a prefix may
have ten, so a suffix that always fits has ten. It needs a letter, and some signs are refused.
https://docs.stripe.com/get-started/account/statement-descriptors
"""

import re
import unicodedata

LONGEST = 10
_KEPT = re.compile(r"[^A-Z0-9 .&+-]+")


def suffix(shop_name: str) -> str | None:
    """The suffix that tells a buyer which shop it was; None when no Latin letter is left of it."""
    plain = unicodedata.normalize("NFKD", shop_name).encode("ascii", "ignore").decode().upper()
    words = _KEPT.sub(" ", plain.replace("'", "")).split()
    kept = ""
    for word in words:
        longer = f"{kept} {word}".strip()
        if len(longer) > LONGEST:
            break
        kept = longer
    kept = kept or "".join(words[:1])[:LONGEST]
    return kept if re.search("[A-Z]", kept) else None
