# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the reader of card fronts knows: its classes, in the order of the model's output channels.

daemons/face/ocr/src/alphabet.rs holds the same table; its test reads the model card, where it is
written once more, and compares.
"""

BLANK = 0
# What is none of ours, and what can no longer be read.
JUNK_SIGN = "#"
SIGNS = "0123456789元年月日生明大正昭平成令和まで有効" + JUNK_SIGN
CLASSES = 1 + len(SIGNS)
JUNK = CLASSES - 1
OF_SIGN = {sign: index + 1 for index, sign in enumerate(SIGNS)}

# The model's input: a line of print, its ink about INK of HEIGHT pixels high.
HEIGHT = 32
WIDTH = 384
INK = 22
# One output column covers so many input columns.
STRIDE = 2
COLUMNS = WIDTH // STRIDE
