"""The card numbers that providers publish for tests. Used by `scan`.

Kept as digests, so that this file holds no card number itself. The numbers are those of Stripe's testing page
(docs.stripe.com/testing) and the few that every provider's test environment accepts.
"""

from __future__ import annotations

import hashlib

# The first 16 hexadecimal digits of the SHA-256 of each number.
_DIGESTS = (
    "10d53cc85ec6dfc7 10f6a49b3088d981 165ded8cab92c478 172cf6713b6cd567 1789612b7ca1f7d8 "
    "19ff47cc8024c133 1d942407169d8f20 1dd039f4adaa5fe3 1f7b3768faf7a1c1 20e6583871d36495 "
    "253da55d8a05e361 2f725bbd1f405a1e 304945e91de3deff 3425f1b24ad8cef7 3a134ef77d4e2e4c "
    "3cc8217a6aad5450 46a849204eaec3f0 477bba133c182267 4e606641b79221a2 51a4ae4c6ae99914 "
    "530b968fa8a1cdea 53a8fc816e63b7a5 576c15a8072461c2 5a65d383fa6b08bc 5cc14dbd1b49a8f5 "
    "5cef9262ba42f0ca 62ac087033ba812f 68594afe9c9cda52 75997d50623ab744 77fbb4aa0d5b2763 "
    "7cbcc57fc39e4317 7d528329c3701912 85c71805cabafc44 8998193822dbfe41 8c8bf8372ef130a6 "
    "975136130120262d 9830b424b7a69ba9 9bbef19476623ca5 acd08f29a41f2e55 ae20c26ab7f73866 "
    "af4a894e7140ab6c b40e9bc7a74d50ab bfab9e31abe3d94b c0777072f2bcf598 c3e4bacb5ca70741 "
    "c95bdab07ccead1d cb23c1fa4646a963 cb397ceb51e89c9b cc03ec3cb171470a cf7f62e012ec3dae "
    "d1f4b3962f16f382 d79449f462cec9af d8086d483c15c711 dd13cdf9af9dd3ba e2a7bacc046c3a0e "
    "e41378388bbf954d e5de3c3d9fcb43b1 f2e5869113fb2e20 f41e7ca4a3d71c4f"
)


def is_test_number(digits: str) -> bool:
    """Whether `digits` (ASCII, nothing between them) is a number published for tests."""
    return hashlib.sha256(digits.encode()).hexdigest()[:16] in _DIGESTS
