// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures, held against OpenJPEG: the reference of the standard, and what made the test card's photo.

mod support;

use support::{by_openjpeg, encode, pattern, taken, test_card};

/// The largest difference between our pixels and OpenJPEG's.
fn apart(photo: &[u8]) -> u8 {
    let ours = taken(photo);
    let (width, height, pixels) = by_openjpeg(photo);
    assert_eq!((ours.width(), ours.height()), (width, height));
    assert_eq!(ours.pixels().len(), pixels.len());
    let both = ours.pixels().iter().zip(&pixels);
    both.map(|(ours, theirs)| ours.abs_diff(*theirs))
        .max()
        .unwrap_or(0)
}

#[test]
fn the_test_cards_photo_is_openjpegs_pixel_by_pixel() {
    let photo = test_card();
    let grey = taken(&photo);
    assert_eq!((grey.width(), grey.height()), (378, 472));
    assert_eq!(apart(&photo), 0);
    // A portrait, not a plain wall.
    let darkest = grey.pixels().iter().min();
    let brightest = grey.pixels().iter().max();
    assert!(brightest > darkest);
}

#[test]
fn pictures_without_loss_are_equal_in_every_size_and_shape() {
    let cases: &[(u32, u32, &[&str])] = &[
        (32, 32, &[]),
        (33, 47, &[]),
        (64, 80, &["-n", "1"]),
        (241, 319, &["-n", "8"]),
        (300, 400, &["-b", "32,32"]),
        (300, 400, &["-b", "256,16"]),
        (64, 80, &["-b", "4,4"]),
        (378, 472, &["-p", "RLCP"]),
        (378, 472, &["-p", "RPCL"]),
        (378, 472, &["-p", "PCRL"]),
        (378, 472, &["-p", "CPRL"]),
        (378, 472, &["-t", "128,128"]),
        (378, 472, &["-t", "100,70", "-TP", "R"]),
        (378, 472, &["-c", "[128,128],[64,64]"]),
        (378, 472, &["-SOP", "-EPH"]),
        (378, 472, &["-r", "40,20,10,1"]),
        // Each mode of the entropy coder: bypass, reset, terminate, vertical, predictable, symbols.
        (378, 472, &["-M", "1"]),
        (378, 472, &["-M", "2"]),
        (378, 472, &["-M", "4"]),
        (378, 472, &["-M", "8"]),
        (378, 472, &["-M", "32"]),
        (378, 472, &["-M", "63"]),
        (480, 600, &["-PLT", "-TLM"]),
        (1024, 1280, &["-b", "64,64"]),
    ];
    for (width, height, arguments) in cases {
        let pixels = pattern(*width, *height);
        let photo = encode(&pixels, *width, *height, arguments);
        let grey = taken(&photo);
        assert_eq!((grey.width(), grey.height()), (*width, *height));
        assert!(grey.pixels() == pixels, "{width}x{height} {arguments:?}");
    }
}

#[test]
fn pictures_with_loss_are_openjpegs_but_for_rounding() {
    let cases: &[(u32, u32, &[&str])] = &[
        (240, 320, &["-I", "-r", "10"]),
        (378, 472, &["-I", "-r", "20"]),
        (378, 472, &["-I", "-r", "100,50"]),
        (378, 472, &["-r", "30"]),
        (1024, 1280, &["-I", "-r", "60"]),
        // The most tables there may be, in the largest picture.
        (1024, 1280, &["-b", "4,4", "-r", "150"]),
    ];
    for (width, height, arguments) in cases {
        let photo = encode(&pattern(*width, *height), *width, *height, arguments);
        let apart = apart(&photo);
        assert!(apart <= 1, "{width}x{height} {arguments:?}: {apart}");
    }
}
