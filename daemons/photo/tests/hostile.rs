// SPDX-License-Identifier: MIT OR Apache-2.0
//! Photos by somebody who means harm.

mod support;

use hayro_jpeg2000::DecodeError;
use support::{altered, bent, encode, holds, pattern, refused, taken, test_card};
use uketsuke_photo::{PhotoError, limits};

const SIZ: [u8; 2] = [0xFF, 0x51];
const COD: [u8; 2] = [0xFF, 0x52];
const QCD: [u8; 2] = [0xFF, 0x5C];
const SOT: [u8; 2] = [0xFF, 0x90];

/// Where `ihdr` says the height.
const HEIGHT: usize = 4;

fn with_ihdr(photo: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    altered(photo, *b"ih", offset, bytes)
}

/// The test card's photo with another size, in container and codestream.
fn of_size(width: u32, height: u32) -> Vec<u8> {
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let photo = with_ihdr(&test_card(), HEIGHT, &size);
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let photo = altered(&photo, SIZ, 6, &size);
    altered(&photo, SIZ, 22, &size)
}

#[test]
fn every_truncation_is_refused() {
    let lossy = encode(&pattern(240, 320), 240, 320, &["-I", "-r", "40"]);
    let tiles = ["-t", "128,128", "-r", "60", "-SOP", "-EPH"];
    let tiles = encode(&pattern(300, 400), 300, 400, &tiles);
    for photo in [test_card(), lossy, tiles] {
        assert!(holds(&photo));
        for length in 0..photo.len() {
            assert!(!holds(&photo[..length]), "{length} of {}", photo.len());
        }
    }
}

#[test]
fn a_bent_photo_gives_a_picture_within_limits_or_a_named_refusal() {
    let shapes: [&[&str]; 4] = [
        &["-r", "40"],
        &["-I", "-r", "30", "-p", "CPRL", "-c", "[32,32],[32,32]"],
        &["-r", "60,30", "-t", "64,64", "-SOP", "-EPH", "-p", "PCRL"],
        &["-r", "40", "-M", "63", "-b", "16,16"],
    ];
    let mut photos = vec![test_card()];
    let pixels = pattern(150, 200);
    photos.extend(shapes.map(|shape| encode(&pixels, 150, 200, shape)));
    let mut pictures = 0;
    for (index, photo) in (0..).zip(&photos) {
        for seed in 0..4_000 {
            pictures += u32::from(holds(&bent(photo, index << 32 | seed)));
        }
    }
    // Some bend the picture alone, or the test would only have seen headers.
    assert!(pictures > 100, "{pictures}");
}

#[test]
fn bytes_without_sense_are_refused() {
    let mut chance = fastrand::Rng::with_seed(1);
    for _ in 0..2_000 {
        let noise: Vec<u8> = (0..chance.usize(..400)).map(|_| chance.u8(..)).collect();
        assert!(!holds(&noise));
    }
    let long = vec![0; limits::MOST_BYTES + 1];
    assert!(matches!(
        refused(&long),
        PhotoError::Length { bytes: 32_768 }
    ));
    assert!(matches!(refused(&[]), PhotoError::Length { bytes: 0 }));
    // A bare codestream is no file.
    let photo = test_card();
    let bare = photo.windows(2).position(|two| two == [0xFF, 0x4F]);
    let bare = &photo[bare.unwrap_or_default()..];
    assert!(matches!(refused(bare), PhotoError::Container { at: 0, .. }));
}

#[test]
fn sizes_outside_the_limits_are_refused_by_name() {
    for (width, height) in [
        (0, 0),
        (31, 472),
        (378, 31),
        (1025, 472),
        (378, 1281),
        (65_536, 65_536),
        (u32::MAX, u32::MAX),
    ] {
        match refused(&of_size(width, height)) {
            PhotoError::Size {
                width: w,
                height: h,
                ..
            } => assert_eq!((w, h), (width, height)),
            error => panic!("{width}x{height}: {error:?}"),
        }
    }
    // The data are of another picture; the size alone is no cause.
    for (width, height) in [(32, 32), (1024, 1280)] {
        let error = match uketsuke_photo::decode(&of_size(width, height)) {
            Ok(_) => continue,
            Err(error) => error,
        };
        assert!(
            matches!(error, PhotoError::Data(DecodeError::Tile(_))),
            "{error:?}"
        );
    }
}

#[test]
fn a_codestream_of_another_size_than_its_container_is_refused() {
    let huge = altered(&test_card(), SIZ, 6, &u32::MAX.to_be_bytes());
    let error = refused(&huge);
    assert!(
        matches!(
            error,
            PhotoError::Disagreement {
                at: 93,
                width: u32::MAX,
                height: 472
            }
        ),
        "{error:?}"
    );
    let other = with_ihdr(&test_card(), HEIGHT, &471_u32.to_be_bytes());
    assert!(matches!(refused(&other), PhotoError::Disagreement { .. }));
    let beside = altered(&test_card(), SIZ, 14, &1_u32.to_be_bytes());
    assert!(matches!(
        refused(&beside),
        PhotoError::Codestream { at: 101, .. }
    ));
}

#[test]
fn tiles_without_number_are_refused() {
    let tiny = [1_u32.to_be_bytes(), 1_u32.to_be_bytes()].concat();
    let error = refused(&altered(&test_card(), SIZ, 22, &tiny));
    assert!(
        matches!(error, PhotoError::Tiles { tiles: 178_416, .. }),
        "{error:?}"
    );
    let none = refused(&altered(&test_card(), SIZ, 22, &[0; 8]));
    assert!(matches!(none, PhotoError::Codestream { .. }), "{none:?}");
    // One that is not there.
    let other = refused(&altered(&test_card(), SOT, 4, &[0, 1]));
    assert!(matches!(other, PhotoError::Codestream { .. }), "{other:?}");
}

#[test]
fn levels_layers_and_blocks_without_number_are_refused() {
    let levels = refused(&altered(&test_card(), COD, 9, &[32]));
    assert!(
        matches!(levels, PhotoError::Levels { levels: 32, .. }),
        "{levels:?}"
    );
    for layers in [0, 33, u16::MAX] {
        let error = refused(&altered(&test_card(), COD, 6, &layers.to_be_bytes()));
        assert!(matches!(error, PhotoError::Layers { layers: said, .. } if said == layers));
    }
    // Blocks of 4×4 in each of 32 layers.
    let layers = altered(&test_card(), COD, 6, &[0, 32]);
    let blocks = refused(&altered(&layers, COD, 10, &[0, 0]));
    assert!(matches!(blocks, PhotoError::Entries { .. }), "{blocks:?}");
    let large = refused(&altered(&test_card(), COD, 10, &[8, 8]));
    assert!(matches!(large, PhotoError::Codestream { .. }), "{large:?}");
    let overflow = refused(&altered(&test_card(), COD, 10, &[255, 255]));
    assert!(
        matches!(overflow, PhotoError::Codestream { .. }),
        "{overflow:?}"
    );
}

#[test]
fn precincts_without_number_are_refused() {
    let arguments = ["-n", "2", "-r", "30", "-c", "[32,32],[32,32]"];
    let photo = encode(&pattern(378, 472), 378, 472, &arguments);
    taken(&photo);
    let none = refused(&altered(&photo, COD, 14, &[0x00, 0x00]));
    assert!(matches!(none, PhotoError::Codestream { .. }), "{none:?}");
    let tiny = refused(&altered(&photo, COD, 14, &[0x00, 0x11]));
    assert!(matches!(tiny, PhotoError::Entries { .. }), "{tiny:?}");
}

#[test]
fn more_than_one_grey_component_of_eight_bits_is_refused() {
    let photo = test_card();
    for (offset, bytes) in [(12, [0, 3]), (12, [0xFF, 0xFF])] {
        let error = refused(&with_ihdr(&photo, offset, &bytes));
        assert!(matches!(error, PhotoError::Components { .. }), "{error:?}");
    }
    let error = refused(&altered(&photo, SIZ, 38, &[0x40, 0x00]));
    assert!(
        matches!(
            error,
            PhotoError::Components {
                components: 16_384,
                ..
            }
        ),
        "{error:?}"
    );
    for format in [0, 11, 37, 0x87, 255] {
        let outside = refused(&with_ihdr(&photo, 14, &[format]));
        assert!(matches!(outside, PhotoError::Depth { .. }), "{outside:?}");
        let inside = refused(&altered(&photo, SIZ, 40, &[format]));
        assert!(matches!(inside, PhotoError::Depth { .. }), "{inside:?}");
    }
    let sparse = refused(&altered(&photo, SIZ, 41, &[2, 2]));
    assert!(
        matches!(sparse, PhotoError::Codestream { .. }),
        "{sparse:?}"
    );
}

#[test]
fn markers_that_a_portrait_does_not_need_are_refused_by_name() {
    // CAP, COC, RGN, QCC, POC, PPM in the place of the only QCD.
    for marker in [0x50, 0x53, 0x5E, 0x5D, 0x5F, 0x60] {
        let error = refused(&altered(&test_card(), QCD, 0, &[0xFF, marker]));
        let name = 0xFF00 | u16::from(marker);
        assert!(
            matches!(error, PhotoError::Marker { marker, .. } if marker == name),
            "{error:?}"
        );
    }
    // A tile with ways of its own: SOD gives way to COD.
    let error = refused(&altered(&test_card(), [0xFF, 0x93], 0, &COD));
    assert!(
        matches!(error, PhotoError::Marker { marker: 0xFF52, .. }),
        "{error:?}"
    );
}

#[test]
fn colour_and_palette_are_refused() {
    let coloured = altered(&test_card(), *b"co", 7, &16_u32.to_be_bytes());
    let error = refused(&coloured);
    assert!(matches!(error, PhotoError::Container { .. }), "{error:?}");
    let palette = altered(&test_card(), *b"co", 0, b"pclr");
    let error = refused(&palette);
    assert!(
        matches!(
            error,
            PhotoError::Container {
                what: "a palette",
                ..
            }
        ),
        "{error:?}"
    );
}
