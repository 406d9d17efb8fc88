# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Update bundle of a reader"
DESCRIPTION = "\
    Signed RAUC bundle in verity format with the three images of a slot; adaptive, so that a \
    reader fetches only blocks it does not have. \
"
SECTION = "images"
LICENSE = "MIT | Apache-2.0"

SRC_URI = ""

inherit bundle

RAUC_BUNDLE_FORMAT = "verity"
RAUC_BUNDLE_VERSION = "${DISTRO_VERSION}"
RAUC_BUNDLE_COMPATIBLE = "${MACHINE}"
RAUC_BUNDLE_SLOTS = "rootfs verity efi"

RAUC_SLOT_rootfs = "uketsuke-image"
RAUC_SLOT_rootfs[fstype] = "erofs-lz4hc"
RAUC_SLOT_rootfs[rename] = "rootfs.img"
RAUC_SLOT_rootfs[adaptive] = "block-hash-index"

RAUC_SLOT_verity = "uketsuke-image"
RAUC_SLOT_verity[fstype] = "erofs-lz4hc.verity"
RAUC_SLOT_verity[rename] = "verity.img"
RAUC_SLOT_verity[adaptive] = "block-hash-index"

RAUC_SLOT_efi = "uketsuke-esp"
RAUC_SLOT_efi[type] = "file"
RAUC_SLOT_efi[file] = "uketsuke-efi.img"
RAUC_SLOT_efi[rename] = "efi.img"
RAUC_SLOT_efi[adaptive] = "block-hash-index"

# 16 KiB: a changed block costs little more than itself (as image/pack).
BUNDLE_ARGS += '--mksquashfs-args="-comp zstd -Xcompression-level 15 -b 16k"'
