# SPDX-License-Identifier: MIT OR Apache-2.0
# pcscd no longer runs as root: readers are handed to its group by the driver's own rule.
do_install:append:uketsuke-os() {
    install -D -m 0644 ${S}/src/92_pcscd_ccid.rules ${D}${nonarch_base_libdir}/udev/rules.d/92_pcscd_ccid.rules
}

FILES:${PN}:append:uketsuke-os = " ${nonarch_base_libdir}/udev/rules.d/92_pcscd_ccid.rules"
