#!/usr/bin/env python3
"""Writes so many files of about 1 MB that do not compress, the same each time. Usage: files.py FOLDER COUNT"""
import random, sys

for number in range(int(sys.argv[2])):
    seeded = random.Random(number)
    with open(f"{sys.argv[1]}/{number:06}.pdf", "wb") as file:
        file.write(seeded.randbytes(seeded.randint(900_000, 1_100_000)))
