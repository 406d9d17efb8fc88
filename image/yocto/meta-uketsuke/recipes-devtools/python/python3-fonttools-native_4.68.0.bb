# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Library and tools to edit fonts; here for its subsetter"
DESCRIPTION = "pyftsubset cuts fonts down to the characters asked for; uketsuke-screen is built with it."
HOMEPAGE = "https://github.com/fonttools/fonttools"
BUGTRACKER = "https://github.com/fonttools/fonttools/issues"
SECTION = "devel/python"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=211c9e4671bde3881351f22a2901f692"

SRC_URI[sha256sum] = "73294e233070f71e2b3653b6bd8564af676d57f26d075761fb06d1ab2e4a7a5d"

PYPI_PACKAGE = "fonttools"

inherit pypi setuptools3
inherit_defer native

CVE_PRODUCT = "fonttools:fonttools"
