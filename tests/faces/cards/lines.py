# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is printed on a line of a card's front: made-up dates, codes, and lines that are neither."""

from cards.alphabet import SIGNS

ERAS = (("明治", 45), ("大正", 15), ("昭和", 64), ("平成", 31), ("令和", 20))
# Signs that stand near the lines we want, and others that look like ours.
OTHERS = "氏名住所性別男女電子証明書の期限番号東京都市区町村長県丁目個人カード交付臓器提供意思署用利者BISOZlOgqD@*・ー一二三四五六七八九十口田目白百自円曰早旧且"


def _day(random):
    month = int(random.integers(1, 13))
    return month, int(random.integers(1, 31 if month in (4, 6, 9, 11) else 29 if month == 2 else 32))


def _padded(number, random):
    """Real cards pad a single digit with a space, a zero or not at all; nobody published which."""
    return f"{number:{random.choice(['', '2', '02'])}}" if number < 10 else str(number)


def birth(random):
    month, day = _day(random)
    if random.random() < 0.2:
        year = f"{int(random.integers(1915, 2026))}"
    else:
        name, last = ERAS[random.choice(5, p=[0.02, 0.08, 0.4, 0.35, 0.15])]
        number = int(random.integers(1, last + 1))
        year = name + ("元" if number == 1 and random.random() < 0.7 else _padded(number, random))
    return f"{year}年{_padded(month, random)}月{_padded(day, random)}日生"


def expiry(random):
    month, day = _day(random)
    return f"{int(random.integers(2024, 2040))}年{_padded(month, random)}月{_padded(day, random)}日まで有効"


def code(random):
    return "".join(str(digit) for digit in random.integers(0, 10, 4))


def mixture(random):
    """Signs without sense: so that the reader reads what is there instead of what is usual."""
    signs = SIGNS[:-1] if random.random() < 0.6 else SIGNS[:10] + "年月日"
    some = [str(random.choice(list(signs))) for _ in range(random.integers(3, 16))]
    for place in range(len(some)):
        if random.random() < 0.12:
            some[place] = str(random.choice(list(OTHERS)))
    return "".join(some)


def other(random):
    return "".join(str(random.choice(list(OTHERS))) for _ in range(random.integers(2, 14)))


def line(random):
    kind = random.choice(5, p=[0.27, 0.23, 0.17, 0.27, 0.06])
    return (birth, expiry, code, mixture, other)[kind](random)
