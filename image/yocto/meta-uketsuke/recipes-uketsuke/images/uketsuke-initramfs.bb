# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "What runs before the root is there"
DESCRIPTION = "\
    systemd, udev and our slot finder: name the booted slot's partitions, check the root against \
    the hash of the kernel image, mount it. No shell. \
"
SECTION = "images"
LICENSE = "MIT | Apache-2.0"

inherit image

IMAGE_FSTYPES = "cpio.zst"
IMAGE_NAME_SUFFIX = ""
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"
PACKAGE_EXCLUDE = "kernel-image-*"

PACKAGE_INSTALL = "\
    base-files \
    base-passwd \
    kernel-modules \
    kmod \
    os-release \
    systemd \
    systemd-crypt \
    systemd-initramfs \
    udev \
    uketsuke-initrd \
    util-linux-mount \
"

ROOTFS_POSTPROCESS_COMMAND += "uketsuke_initrd_tree"

# systemd takes a tree with this file for an initrd.
uketsuke_initrd_tree() {
    cp -a ${IMAGE_ROOTFS}${nonarch_libdir}/uketsuke/initrd/. ${IMAGE_ROOTFS}/
    rm -rf ${IMAGE_ROOTFS}${nonarch_libdir}/uketsuke
    ln -sf os-release ${IMAGE_ROOTFS}${nonarch_libdir}/initrd-release
    ln -sf ../usr/lib/initrd-release ${IMAGE_ROOTFS}${sysconfdir}/initrd-release
}
uketsuke_initrd_tree[doc] = "turns the tree into one that systemd takes for an initrd"
