"""Every language's programs can be built, which the other files rely on."""

import shop


def test_build(language):
    shop.build(language)
