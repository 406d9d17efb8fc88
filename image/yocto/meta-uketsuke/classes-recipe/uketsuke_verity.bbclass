# SPDX-License-Identifier: MIT OR Apache-2.0
# Image type "verity": the dm-verity hash tree of an image beside it, and the root hash, which the
# kernel image carries (uketsuke-esp). IMAGE_FSTYPES = "erofs-lz4hc erofs-lz4hc.verity".

CONVERSIONTYPES:append = " verity"
CONVERSION_DEPENDS_verity = "cryptsetup-native"
# nooelint: oelint.vars.specific - the name after the colon is an image type
CONVERSION_CMD:verity = "uketsuke_verity_format ${IMAGE_NAME}.${type}"

# Salt and identifier are the version's, so that two builds of one version agree.
UKETSUKE_VERITY_SALT = "${@uketsuke_digest(d, 'salt')}"
UKETSUKE_VERITY_UUID = "${@uketsuke_digest_uuid(d)}"

def uketsuke_digest(d, what):
    import hashlib
    text = '%s %s %s' % (d.getVar('PN'), d.getVar('DISTRO_VERSION'), what)
    return hashlib.sha256(text.encode()).hexdigest()

def uketsuke_digest_uuid(d):
    import uuid
    return str(uuid.UUID(uketsuke_digest(d, 'uuid')[:32]))

uketsuke_verity_format () {
    rm -f "$1.verity" "$1.roothash"
    veritysetup format "$1" "$1.verity" --root-hash-file="$1.roothash" \
        --salt="${UKETSUKE_VERITY_SALT}" --uuid="${UKETSUKE_VERITY_UUID}"
    ln -sf "$1.roothash" "${IMAGE_LINK_NAME}.erofs-lz4hc.roothash"
}
uketsuke_verity_format[doc] = "writes the hash tree of an image and its root hash"
