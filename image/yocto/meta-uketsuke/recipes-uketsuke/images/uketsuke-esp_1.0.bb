# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Kernel image of a slot and the partition it lies on"
DESCRIPTION = "\
    One unified kernel image: stub, kernel, initrd, and a command line that pins the root hash \
    of uketsuke-image. It lies alone on a FAT partition, as the program the firmware starts. \
"
SECTION = "bootloaders"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "file://${UKETSUKE_REPOSITORY}/LICENSE-MIT;md5=3672ae6da636a1d51a37e0a5abaf9b87"

DEPENDS = "dosfstools-native mtools-native os-release systemd-boot-native virtual/cross-binutils"

SRC_URI = ""

inherit deploy image-artifact-names nopackages

require conf/image-uefi.conf

INHIBIT_DEFAULT_DEPS = "1"
PACKAGE_ARCH = "${MACHINE_ARCH}"

# A maker signs by setting both, and brings sbsign-native by a layer (meta-secure-core).
UKETSUKE_SECURE_BOOT_KEY ?= ""
UKETSUKE_SECURE_BOOT_CERTIFICATE ?= ""
UKETSUKE_CONSOLE ?= ""
UKETSUKE_ESP_KIB ?= "65536"

# As image/pack has them: the root is found by our links, checked by systemd, and a changed block
# stops the machine so that the other slot boots.
UKETSUKE_COMMAND_LINE ?= "\
    systemd.verity_root_data=/dev/uketsuke/root \
    systemd.verity_root_hash=/dev/uketsuke/root-verity \
    systemd.verity_root_options=panic-on-corruption \
    rootfstype=erofs \
    systemd.gpt_auto=no \
    systemd.volatile=state \
    systemd.machine_id=firmware \
    panic=10 \
    oops=panic \
    vt.global_cursor_default=0 \
    quiet \
    loglevel=1 \
    systemd.show_status=no \
    systemd.getty_auto=no \
    ${UKETSUKE_CONSOLE} \
"

do_configure[noexec] = "1"
do_install[noexec] = "1"

do_compile() {
    images=${DEPLOY_DIR_IMAGE}
    hash=$(cat $images/uketsuke-image${IMAGE_MACHINE_SUFFIX}.rootfs.erofs-lz4hc.roothash)
    set -- --efi-arch ${EFI_ARCH} --stub $images/linux${EFI_ARCH}.efi.stub \
        --linux $images/${KERNEL_IMAGETYPE} \
        --initrd $images/uketsuke-initramfs${IMAGE_MACHINE_SUFFIX}.cpio.zst \
        --cmdline "roothash=$hash $(echo ${UKETSUKE_COMMAND_LINE})" \
        --os-release @${RECIPE_SYSROOT}${nonarch_libdir}/os-release
    if [ -n "${UKETSUKE_SECURE_BOOT_KEY}" ]; then
        set -- "$@" --secureboot-private-key ${UKETSUKE_SECURE_BOOT_KEY} \
            --secureboot-certificate ${UKETSUKE_SECURE_BOOT_CERTIFICATE}
    fi
    ukify build "$@" --output ${B}/uki.efi

    rm -f ${B}/efi.img
    mkfs.vfat -F 32 -n EFI -i 554b4546 -C ${B}/efi.img ${UKETSUKE_ESP_KIB}
    mmd -i ${B}/efi.img ::/EFI ::/EFI/BOOT
    mcopy -m -i ${B}/efi.img ${B}/uki.efi ::/EFI/BOOT/${@d.getVar('EFI_BOOT_IMAGE').upper()}
}
do_compile[depends] += "\
    uketsuke-image:do_image_complete \
    uketsuke-initramfs:do_image_complete \
    systemd-boot:do_deploy \
    virtual/kernel:do_deploy \
"

do_deploy() {
    install -m 0644 ${B}/uki.efi ${DEPLOYDIR}/uketsuke-uki.efi
    install -m 0644 ${B}/efi.img ${DEPLOYDIR}/uketsuke-efi.img
}
addtask deploy after do_compile before do_build
